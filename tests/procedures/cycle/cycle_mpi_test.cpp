// The cycle procedure on real ranks, against the same training on rank 0 alone. Its generators' backward pass
// fills the buckets of both in turn, which then leave while it runs.
#include <gtest/gtest.h>

#include "distributed/agreement.hpp"
#include "distributed/loopback_communicator.hpp"
#include "distributed/mpi/mpi_communicator.hpp"
#include "tests/procedures/cycle/cycle_training.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

void compare_with_one_rank(Communicator& communicator) {
  const CycleSetting setting = colours_with_identity_loss();
  const CycleTraining ours = train_cycle(setting, 20, communicator);
  const auto checksum = static_cast<std::int64_t>(checksum_state(ours.state));
  EXPECT_TRUE(world().all_gather(at::full({1}, checksum, at::kLong)).eq(checksum).all().item<bool>())
      << "replicas differ";
  agree_on_root(world(), [&] {
    run_loopback_ranks(1, [&](Communicator& one) { expect_close(ours, train_cycle(setting, 20, one)); });
  });
}

TEST(CycleEquivalence, OverSharedMemory) {
  compare_with_one_rank(world());
}
TEST(CycleEquivalence, OverMessages) {
  compare_with_one_rank(over_messages());
}
TEST(CycleEquivalence, OverMessagesInTheBackground) {
  MpiCommunicator communicator;
  communicator.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on, .bucket_bytes = 4'000});
  compare_with_one_rank(communicator);
}
TEST(CycleEquivalence, OnHostsOfTwoRanks) {
  MpiCommunicator communicator(/*host_size=*/2);
  communicator.configure({.overlap = Overlap::on, .bucket_bytes = 4'000});
  compare_with_one_rank(communicator);
}

}  // namespace
}  // namespace ganymede
