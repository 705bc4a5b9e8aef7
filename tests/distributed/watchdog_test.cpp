// What a rank says of its waits, and that a job of ranks that are threads ends at each kind of wait.
#include "distributed/watchdog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "distributed/agreement.hpp"
#include "distributed/board_roll_call.hpp"
#include "distributed/gradient_exchange.hpp"
#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

using testing::HasSubstr;

// Rank 1 never comes to what rank 0 waits for.
void hang_in(const std::function<void(Communicator&)>& collective, const LoopbackOptions& options) {
  std::vector<std::shared_ptr<WaitBoard>> boards(2);
  run_loopback_ranks(
      2,
      [&](Communicator& communicator) {
        boards[static_cast<std::size_t>(communicator.rank())] = communicator.board();
        communicator.barrier();
        const Gradients gradients = communicator.gradients().allocate_gradients(3000, at::kFloat);
        communicator.board()->note_step(7);
        communicator.board()->set_deadline(0.5);
        Watchdog watchdog(communicator.board(),
                          [](const std::string& message) { std::fputs(message.c_str(), stderr); });
        watchdog.set_roll_call(std::make_unique<BoardRollCall>(communicator.rank(), boards));
        if (communicator.rank() == 1)
          std::this_thread::sleep_for(std::chrono::seconds(30));
        else
          collective(communicator);
      },
      options);
}

struct WaitCase {
  const char* name;
  std::function<void(Communicator&)> collective;
  std::string words;
  LoopbackOptions options = {};
};

class WatchdogTest : public testing::TestWithParam<WaitCase> {};

void sum_one_bucket(Communicator& communicator) {
  const Gradients gradients{
      .number = 1, .of_rank = {at::zeros({3000}), at::zeros({3000})}, .own = at::zeros({3000})};
  const ElementRange bucket{1024, 3000};
  communicator.gradients().start_sums(gradients, std::span(&bucket, 1));
  communicator.gradients().finish_sums();
}

TEST_P(WatchdogTest, EndsTheJobAndNamesTheRankThatHasNotCome) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const WaitCase& wait = GetParam();
  EXPECT_EXIT(hang_in(wait.collective, wait.options), testing::ExitedWithCode(4),
              "rank 0 has waited 0.5 s in " + wait.words +
                  ", step 7, for rank 1, which is alive and has been at work for 0.[0-9] s since ");
}

INSTANTIATE_TEST_SUITE_P(
    Waits, WatchdogTest,
    testing::Values(
        WaitCase{"AllReduce", [](Communicator& c) { c.all_reduce_sum_(at::zeros({5})); },
                 "all_reduce of 5 numbers"},
        WaitCase{"Broadcast", [](Communicator& c) { c.broadcast_(at::zeros({5}), 1); },
                 "broadcast of 5 numbers"},
        WaitCase{"Agreement", [](Communicator& c) { agree(c, [] {}); }, "all_gather of 1 numbers"},
        WaitCase{"Barrier", [](Communicator& c) { c.barrier(); }, "barrier"},
        WaitCase{"HostBarrier", [](Communicator& c) { c.host_barrier(); }, "host_barrier"},
        WaitCase{"Memory", [](Communicator& c) { allocate_one(c, 5, at::kFloat); }, "the sharing of memory"},
        WaitCase{"GateOfASum", sum_one_bucket, "the sum of gradients of network 1, elements 1024 to 2999"},
        WaitCase{"SumOverHosts",
                 sum_one_bucket,
                 "the sum of gradients of network 1, elements 1024 to 2999",
                 {.host_group_sizes = {1, 1}}},
        WaitCase{"SumInTheBackground", sum_one_bucket, "the sums? of gradients.*", {.overlap = true}},
        WaitCase{"Publishing", [](Communicator& c) { c.gradients().publish(at::zeros({5}), {}); },
                 "the publishing of values"},
        WaitCase{"BroadcastOfValues",
                 [](Communicator& c) { c.gradients().broadcast_values_(at::zeros({5})); },
                 "the broadcast of values of 5 numbers"}),
    [](const auto& kind) { return kind.param.name; });

RankState state_in(const Operation& operation, double seconds, int before = 0) {
  WaitBoard board;
  WaitMark& mark = board.add_mark();
  for (int i = 0; i < before; ++i) const WaitMark::Wait earlier(mark, {.name = "earlier"});
  const WaitMark::Wait wait(mark, operation);
  board.look(0);
  board.look(seconds);
  return board.state();
}

class NoRollCall final : public RollCall {
 public:
  int rank() const override { return 1; }
  std::string name_of(int rank) const override { return fmt::format("rank {} on h{}", rank, rank / 2); }
  void answer(const RankState&) override {}
  RankStates ask(const RankState&, double) override { return {}; }
  [[noreturn]] void end_job(int exit_code) override { std::_Exit(exit_code); }
};

TEST(RollCall, NamesTheRanksThatAreSilentBehindOrElsewhere) {
  const Operation barrier{.name = "barrier"};
  const RankStates states{state_in(barrier, 2, 1), state_in(barrier, 3, 1), std::nullopt,
                          state_in({.name = "broadcast", .elements = 2}, 4, 1),
                          state_in({.name = "all_gather"}, 5, 0)};
  EXPECT_EQ(describe_wait(NoRollCall(), states, 0),
            "rank 1 on h0 has waited 3.0 s in barrier, for rank 2 on h1, which does not answer, and rank 3 "
            "on h1, which waits in broadcast of 2 numbers since 4.0 s, and rank 4 on h2, which waits in "
            "all_gather since 5.0 s");
  EXPECT_EQ(lowest_waiting_rank(states, 2.5), 1);
  EXPECT_EQ(lowest_waiting_rank(states, 6), std::nullopt);
}

TEST(RollCall, SaysSoWhereAllHaveCome) {
  const RankState state = state_in({.name = "barrier"}, 12);
  EXPECT_THAT(describe_wait(NoRollCall(), {state, state}, 0),
              testing::AllOf(HasSubstr("has waited 12 s in barrier, to which all ranks have come")));
}

TEST(RollCall, NamesAFewOfThousands) {
  RankStates states(3000);
  states[1] = state_in({.name = "barrier"}, 12);
  EXPECT_THAT(describe_wait(NoRollCall(), states, 0), testing::EndsWith(", and 2991 more ranks"));
}

TEST(WaitBoard, CountsTheTimeOfOneOperationOnly) {
  WaitBoard board;
  WaitMark& mark = board.add_mark();
  {
    const WaitMark::Wait wait(mark, {.name = "barrier"});
    const WaitMark::Wait within(mark, {.name = "a part of it"});
    board.look(1);
    board.look(2);
    EXPECT_EQ(longest_wait(board.state()), 0U);
    EXPECT_EQ(board.state().marks[0].unchanged_seconds, 2);
    EXPECT_STREQ(board.state().marks[0].operation.data(), "barrier");
    const WaitBoard::Patience patience(board);
    board.look(3);
    EXPECT_EQ(board.state().marks[0].unchanged_seconds, 0);
  }
  EXPECT_EQ(longest_wait(board.state()), std::nullopt);
}

}  // namespace
}  // namespace ganymede
