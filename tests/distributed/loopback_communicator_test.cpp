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
                       {.host_group_sizes = nodes});
}

TEST(LoopbackCommunicator, SumsAlongTheTreeOverRanks) {
  for (const std::vector<int>& nodes : std::vector<std::vector<int>>{{4}, {2, 2}, {1, 1, 1, 1}, {4, 4}})
    run_loopback_ranks(std::accumulate(nodes.begin(), nodes.end(), 0), check_tree_order,
                       {.host_group_sizes = nodes});
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
        if (communicator.rank() >= 2) throw DataError(fmt::format("no disk on rank {}", communicator.rank()));
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const AgreedError& error) {
      EXPECT_STREQ(error.what(), "rank 2: no disk on rank 2");
      EXPECT_EQ(error.exit_code(), ExitCode::data_error);
    }
    agree(communicator, [] {});  // the ranks still understand each other
  });
}

// A collective call inside would wait for ever for the ranks that have failed before it.
TEST(Agreement, ACollectiveCallOfItsWorkThrowsAtOnce) {
  const std::vector<std::function<void(Communicator&)>> calls{
      [](Communicator& c) { c.all_reduce_sum_(at::ones({1})); },
      [](Communicator& c) { c.broadcast_(at::ones({1})); },
      [](Communicator& c) { c.all_gather(at::ones({1})); },
      [](Communicator& c) { c.barrier(); },
      [](Communicator& c) { c.host_barrier(); },
      [](Communicator& c) {
        c.gradients().start_sums({.of_rank = std::vector(3, at::ones({1})), .own = {}},
                                 std::array{ElementRange{0, 1}});
      },
      [](Communicator& c) { c.gradients().broadcast_values_(at::ones({1})); },
      [](Communicator& c) { c.host_group().allocate_one(1, at::kFloat); },
      [](Communicator& c) { c.host_group().allocate_each(1, at::kFloat); },
      [](Communicator& c) { c.host_group().barrier(); },
      [](Communicator& c) { allocate_one(c, 1, at::kFloat); },
      [](Communicator& c) { agree(c, [] {}); }};
  run_loopback_ranks(3, [&](Communicator& communicator) {
    for (const auto& call : calls) {
      expect_error<AgreedError>(
          [&] {
            agree(communicator, [&] {
              if (communicator.rank() != 1) return;  // alone
              call(communicator);
            });
          },
          {"rank 1: ", "no collective call"});
      call(communicator);  // outside it is fine
    }
  });
}

TEST(Agreement, MemoryIsThereOnAllRanksOrOnNone) {
  run_loopback_ranks(4,
                     [](Communicator& communicator) {
                       EXPECT_EQ(allocate_each(communicator, 7, at::kFloat).size(), 2U);
                       EXPECT_EQ(allocate_one(communicator, 7, at::kDouble).numel(), 7);
                       const std::int64_t elements = communicator.rank() < 2 ? 7 : std::int64_t{1} << 60;
                       expect_error<AgreedError>([&] { allocate_one(communicator, elements, at::kFloat); },
                                                 {"rank 2: ", "fewer ranks on a host"});
                       communicator.barrier();
                     },
                     {.host_group_sizes = {2, 2}});
}

TEST(Agreement, WorkOnRootRunsOnRootOnly) {
  std::atomic<int> runs = 0;
  run_loopback_ranks(3, [&](Communicator& communicator) { agree_on_root(communicator, [&] { ++runs; }); });
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace ganymede
