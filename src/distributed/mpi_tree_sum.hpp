// Sums over the ranks of an MPI communicator.
#pragma once

#include <mpi.h>

#include <ATen/core/Tensor.h>

#include <vector>

#include "distributed/waiting.hpp"

namespace ganymede {

// In place, along the binary tree of tree_sum.hpp: one rank adds up an element and the others get its bits.
// Over a power of two of ranks by recursive halving and doubling (Thakur, Rabenseifner and Gropp 2005) with
// the nearest partner first, else by an exchange of all with all. float32 or float64.
class MpiTreeSum {
 public:
  // Communicator and mode must outlive it.
  MpiTreeSum(MPI_Comm ranks, const WaitingMode& waiting);

  void operator()(const at::Tensor& tensor);

 private:
  void halve_and_double(std::byte* data, std::int64_t count, const at::Tensor& tensor);
  void exchange_shares(std::byte* data, std::int64_t count, const at::Tensor& tensor);
  void exchange(const std::byte* sent, std::int64_t sent_bytes, std::byte* received,
                std::int64_t received_bytes, int partner);

  MPI_Comm ranks_;
  const WaitingMode& waiting_;
  int rank_ = 0, size_ = 1;
  std::vector<std::byte> received_;
};

}  // namespace ganymede
