// Gradients in the memory of hosts that exchange messages over MPI.
#pragma once

#include "distributed/communication_options.hpp"
#include "distributed/host_gradient_exchange.hpp"
#include "distributed/mpi/mpi_handle.hpp"
#include "distributed/mpi/mpi_messages.hpp"
#include "distributed/mpi/mpi_tree_sum.hpp"

namespace ganymede {

class MpiGradientExchange final : public HostGradientExchange {
 public:
  // `world` has the communicator's ranks, whose host groups stay as they are; the mode must outlive it.
  // Collective.
  MpiGradientExchange(Communicator& communicator, MPI_Comm world, const WaitingMode& waiting);

  // Sums overlap from now on, in buckets of the options or of a size that fits the network: in a thread with
  // that communicator, or, without one, in turns. Collective.
  void overlap(std::unique_ptr<Communicator> of_thread, const CommunicationOptions& options);

  void progress() override;

 private:
  int owners() const override { return owners_; }
  void sum_across_hosts_(const at::Tensor& tensor) override;
  void begin_sum(const at::Tensor& tensor) override;
  void begin_gather(const at::Tensor& own, const at::Tensor& all) override;
  void end_all() override;
  void abandon_all() noexcept override;
  void broadcast_across_hosts_(const at::Tensor& tensor) override;

  std::int64_t measure_bucket_bytes();

  const WaitingMode& waiting_;
  MpiHandle across_;  // owners with this rank's place in their groups; null where it owns nothing
  int owners_ = 1;
  std::vector<std::unique_ptr<MpiTreeSum>> sums_;  // the first `under_way_` of them are
  std::size_t under_way_ = 0;
  std::optional<MpiMessages> factors_;
  std::vector<at::Tensor> memory_of_factors_;  // that are under way
};

}  // namespace ganymede
