// CPU tensors over MPI, on a communicator of its own so that no other traffic can be mistaken for it. Ranks
// of one host are neighbours in it.
#pragma once

#include <mpi.h>

#include <memory>

#include "distributed/communication_options.hpp"
#include "distributed/communicator.hpp"
#include "distributed/mpi/mpi_gradient_exchange.hpp"
#include "distributed/mpi/mpi_handle.hpp"
#include "distributed/mpi/mpi_host_group.hpp"
#include "distributed/roll_call.hpp"

namespace ganymede {

class MpiCommunicator final : public Communicator {
 public:
  // Collective over MPI_COMM_WORLD; MPI is initialised. With a host_size the ranks of a host pretend to be on
  // several that have so many each, the last what is left, so that one machine can test what many do.
  explicit MpiCommunicator(int host_size = 0,
                           std::shared_ptr<WaitBoard> board = std::make_shared<WaitBoard>());
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  // Until then every rank is a host group of its own and nothing runs in the background. Once. Collective.
  void configure(const CommunicationOptions& options) override;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int host_rank() const override { return host_rank_; }
  int host_size() const override { return host_size_; }
  HostGroup& host_group() override { return group_ ? *group_ : Communicator::host_group(); }
  void wait_politely(bool polite) override;

  // Of these ranks; null where MPI lets one thread communicate only. Collective.
  std::unique_ptr<RollCall> make_roll_call() const;

 private:
  explicit MpiCommunicator(MpiCommunicator& original);  // the background's

  void do_all_reduce_sum_(const at::Tensor& tensor) override;
  void do_broadcast_(const at::Tensor& tensor, int root) override;
  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override;
  void do_barrier() override;

  void share_memory();
  int count_hosts() const;
  bool are_lone();
  bool may_gather(Factors factors) const;
  bool may_overlap(Overlap overlap, bool lone) const;

  MpiHandle world_;
  MpiHandle host_;  // the ranks of this host
  int rank_ = 0, size_ = 1, host_rank_ = 0, host_size_ = 1;
  bool configured_ = false;
  Waiting when_idle_ = Waiting::eager;  // how to wait when nobody computes
  WaitingMode waiting_ = Waiting::eager;
  std::unique_ptr<MpiHostGroup> group_;
};

}  // namespace ganymede
