// Ranks of one host over memory from MPI_Win_allocate_shared.
#pragma once

#include <mpi.h>

#include <atomic>
#include <memory>
#include <vector>

#include "distributed/node_group.hpp"
#include "distributed/waiting.hpp"

namespace ganymede {

class MpiNodeGroup final : public NodeGroup {
 public:
  // Collective over `node`, a communicator of ranks of one host, which it duplicates. Throws
  // CommunicationError, on all ranks, where the host does not let them share memory. The mode must outlive it.
  MpiNodeGroup(MPI_Comm node, const WaitingMode& waiting);
  ~MpiNodeGroup() override;
  MpiNodeGroup(const MpiNodeGroup&) = delete;
  MpiNodeGroup& operator=(const MpiNodeGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::vector<at::Tensor> allocate_each(std::int64_t elements, at::ScalarType dtype) override;
  at::Tensor allocate_one(std::int64_t elements, at::ScalarType dtype) override;
  void barrier() override;

 private:
  struct Window;
  struct Gate;

  std::shared_ptr<Window> open_window(std::size_t bytes);
  at::Tensor tensor_in(const std::shared_ptr<Window>& window, int owner, std::int64_t elements,
                       at::ScalarType dtype) const;
  void close_unused_windows();

  MPI_Comm node_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  const WaitingMode& waiting_;
  std::vector<std::shared_ptr<Window>> windows_;  // in the order of their making, the same on all ranks
  Gate* gate_ = nullptr;                          // in the first window
};

}  // namespace ganymede
