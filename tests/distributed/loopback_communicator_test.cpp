#include "distributed/loopback_communicator.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "distributed/agreement.hpp"
#include "tests/distributed/collective_checks.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

TEST(LoopbackCommunicator, DoesEveryCollectiveOnOneToFiveRanks) {
  for (int size = 1; size <= 5; ++size)
    run_loopback_ranks(size, [](Communicator& communicator) { check_collectives(communicator); });
}

TEST(LoopbackCommunicator, SumsToTheOwnersOfEveryNode) {
  for (const std::vector<int>& nodes :
       std::vector<std::vector<int>>{{1}, {3}, {1, 1}, {2, 2}, {3, 1, 2}, {1, 4}})
    run_loopback_ranks(std::accumulate(nodes.begin(), nodes.end(), 0), check_sums_to_owners,
                       {.node_sizes = nodes});
}

TEST(LoopbackCommunicator, SumsAlongTheTreeOverRanks) {
  for (const std::vector<int>& nodes : std::vector<std::vector<int>>{{4}, {2, 2}, {1, 1, 1, 1}, {4, 4}})
    run_loopback_ranks(std::accumulate(nodes.begin(), nodes.end(), 0), check_tree_order,
                       {.node_sizes = nodes});
}

TEST(LoopbackCommunicator, AFailingRankReleasesTheOthers) {
  expect_error<DataError>(
      [] {
        run_loopback_ranks(3, [](Communicator& communicator) {
          if (communicator.rank() == 1) throw DataError("rank 1 lost its disk");
          communicator.barrier();
        });
      },
      {"rank 1 lost its disk"});
}

TEST(Agreement, AllRanksThrowTheMessageOfTheLowestFailingRank) {
  run_loopback_ranks(4, [](Communicator& communicator) {
    try {
      agree(communicator, [&] {
        if (communicator.rank() >= 2) throw DataError(fmt::format("rank {} failed", communicator.rank()));
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const AgreedError& error) {
      EXPECT_STREQ(error.what(), "rank 2 failed");
      EXPECT_EQ(error.exit_code(), ExitCode::data_error);
    }
    agree(communicator, [] {});  // the ranks still understand each other
  });
}

TEST(Agreement, WorkOnRootRunsOnRootOnly) {
  std::atomic<int> runs = 0;
  run_loopback_ranks(3, [&](Communicator& communicator) { agree_on_root(communicator, [&] { ++runs; }); });
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace ganymede
