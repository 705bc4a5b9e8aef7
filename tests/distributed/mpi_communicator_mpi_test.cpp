#include "distributed/mpi_communicator.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "tests/distributed/collective_checks.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

TEST(MpiCommunicator, DoesEveryCollective) {
  check_collectives(world());
}

TEST(MpiCommunicator, KnowsTheRanksOfItsHost) {
  EXPECT_EQ(world().node_size(), world().size());  // the tests run on one host
  EXPECT_EQ(world().node_rank(), world().rank());
}

// Shared memory; messages between ranks that share none; messages in the background.
const std::vector<CommunicationOptions>& ways_to_communicate() {
  static const std::vector<CommunicationOptions> ways{
      {},
      {.node_sharing = NodeSharing::off},
      {.node_sharing = NodeSharing::off, .overlap = Overlap::on},
      {.overlap = Overlap::on}};
  return ways;
}

TEST(MpiCommunicator, SumsToOwnersInEveryWay) {
  for (const CommunicationOptions& options : ways_to_communicate()) {
    MpiCommunicator communicator;
    communicator.configure(options);
    EXPECT_EQ(communicator.node().size(), options.node_sharing == NodeSharing::off ? 1 : world().size());
    check_sums_to_owners(communicator);
    if (std::has_single_bit(static_cast<unsigned>(world().size()))) check_tree_order(communicator);
    if (CommunicationThread* background = communicator.background()) {
      background->submit(check_sums_to_owners);
      check_collectives(communicator);
      background->wait();
      EXPECT_GT(background->seconds(), 0);
    }
  }
}

TEST(MpiCommunicator, MeasuresTheBucketsUnlessTheyAreGiven) {
  MpiCommunicator measured, given;
  measured.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on});
  given.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on, .bucket_bytes = 12345});
  if (world().size() == 1) return;  // nothing travels
  EXPECT_GE(measured.bucket_bytes(), 64 << 10);
  EXPECT_LE(measured.bucket_bytes(), 16 << 20);
  EXPECT_EQ(given.bucket_bytes(), 12345);
}

// Tensors may die in any order on any rank, and memory comes back.
TEST(MpiCommunicator, SharedMemoryOutlivesItsWindowsNeighbours) {
  std::vector<at::Tensor> kept;
  for (int i = 0; i < 20; ++i) {
    kept.push_back(world().node().allocate_one(1000, at::kFloat));
    if (world().node().rank() == 0) kept.back().fill_(i);
    world().node_barrier();
    if (i % 3 == world().rank() % 3) kept.erase(kept.begin());
  }
  EXPECT_EQ(kept.back()[999].item<float>(), 19);
  world().node_barrier();
}

TEST(MpiCommunicator, SumsHaveTheSameBitsOnEveryRank) {
  const at::Tensor values = at::rand({1 << 18}) * (world().rank() + 1);
  world().all_reduce_sum_(values);
  const at::Tensor of_root = values.clone();
  world().broadcast_(of_root);
  EXPECT_TRUE(at::equal(values, of_root));
}

TEST(MpiCommunicator, AnErrorOnOneRankIsAgreedByAll) {
  const int failing = world().size() - 1;
  try {
    agree(world(), [&] {
      if (world().rank() == failing) throw DataError("a broken shard");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_STREQ(error.what(), "a broken shard");
    EXPECT_EQ(error.exit_code(), ExitCode::data_error);
  }
}

}  // namespace
}  // namespace ganymede
