// CPU tensors over MPI, on a communicator of its own so that no other traffic can be mistaken for it.
#pragma once

#include <mpi.h>

#include "distributed/communicator.hpp"

namespace ganymede {

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator();  // collective over MPI_COMM_WORLD; MPI is initialised
  ~MpiCommunicator() override;
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int node_rank() const override { return node_rank_; }
  int node_size() const override { return node_size_; }

 private:
  void do_all_reduce_sum_(const at::Tensor& tensor) override;
  void do_broadcast_(const at::Tensor& tensor, int root) override;
  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override;
  void do_barrier() override;

  MPI_Comm world_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1, node_rank_ = 0, node_size_ = 1;
};

}  // namespace ganymede
