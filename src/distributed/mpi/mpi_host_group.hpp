// Ranks of one host over memory from a SharedFile.
#pragma once

#include <memory>
#include <vector>

#include "distributed/host_group.hpp"
#include "distributed/mpi/mpi_handle.hpp"
#include "distributed/shared_gate.hpp"

namespace ganymede {

class MpiHostGroup final : public HostGroup {
 public:
  // Collective over `node`, a communicator of ranks of one host, which it duplicates. Throws
  // CommunicationError, on all ranks, where the host does not let them share memory. The mode must outlive
  // it.
  MpiHostGroup(MPI_Comm node, const WaitingMode& waiting);
  MpiHostGroup(const MpiHostGroup&) = delete;
  MpiHostGroup& operator=(const MpiHostGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

 private:
  std::vector<at::Tensor> do_allocate_each(std::int64_t elements, at::ScalarType dtype) override;
  at::Tensor do_allocate_one(std::int64_t elements, at::ScalarType dtype) override;
  void do_barrier() override { gate_->pass(rank_, size_, waiting_); }

  // Memory of all ranks of the group, of which each of the first `owners` brings `bytes`, a multiple of
  // kPage.
  std::shared_ptr<std::byte> share(std::size_t bytes, int owners);

  MpiHandle node_;
  int rank_ = 0, size_ = 1;
  const WaitingMode& waiting_;
  std::shared_ptr<SharedGate> gate_;
};

}  // namespace ganymede
