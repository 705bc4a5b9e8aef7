// Sums over the ranks of an MPI communicator.
#pragma once

#include <mpi.h>

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "distributed/mpi/mpi_messages.hpp"

namespace ganymede {

// In place, along the binary tree of tree_sum.hpp: one rank adds up an element and the others get its bits.
// Over a power of two of ranks by recursive halving and doubling (Thakur, Rabenseifner and Gropp 2005) with
// the nearest partner first, else by an exchange of all with all. float32 or float64.
class MpiTreeSum {
 public:
  // Communicator and mode must outlive it.
  MpiTreeSum(MPI_Comm ranks, const WaitingMode& waiting);

  // Begins a sum, when the one before is there. Those that are under way together have tags of their own.
  // Collective.
  void begin(const at::Tensor& tensor, int tag);
  // Goes on as far as what has come allows; whether the sum is there.
  bool advance();
  void wait();
  // What is under way will not be.
  void cancel() noexcept;

 private:
  // Messages, and what is done when they have come and gone.
  struct Round {
    std::function<void()> post, complete = [] {};
  };

  void plan_shares();
  void plan_halves();
  void make_room(std::int64_t bytes);
  std::byte* bytes_at(std::int64_t element) const;

  const WaitingMode& waiting_;
  MpiMessages messages_;
  int rank_ = 0, size_ = 1;
  at::Tensor tensor_;
  std::vector<std::byte> received_;
  std::vector<Round> rounds_;
  std::size_t round_ = 0;  // whose messages are under way
};

}  // namespace ganymede
