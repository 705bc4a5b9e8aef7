#include "optimization/gradient_averager.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "tests/optimization/small_network.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

// The sums that the ranks own, put together: what every rank would hold if all of them had everything.
at::Tensor gather_owned(const ParameterArena& arena, Communicator& communicator) {
  at::Tensor whole = at::zeros_like(arena.gradients());
  const auto to = arena.owned_parts(whole), from = arena.owned_parts(arena.gradients());
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
  communicator.all_reduce_sum_(whole);
  return whole;
}

constexpr int kAveragedRows = 7;

// Ranks with unequal shares, one of them empty. Only one node's owners count.
at::Tensor averaged_gradients(Communicator& communicator, const at::Tensor& rows, int nodes) {
  const std::vector<std::int64_t> borders = communicator.size() == 1
                                                ? std::vector<std::int64_t>{0, kAveragedRows}
                                                : std::vector<std::int64_t>{0, 4, 4, kAveragedRows};
  const int rank = communicator.rank();
  const at::Tensor share = rows.narrow(0, borders[rank], borders[rank + 1] - borders[rank]);
  const auto network = small_network();
  ParameterArena arena(*network, communicator.gradients());
  GradientAverager averager(arena);
  for (int repeat = 0; repeat < 2; ++repeat) {  // begin zeroes what the last step left
    auto pending = averager.begin();
    (forward(*network, share).pow(2).sum() / kAveragedRows).backward();
    pending.finish();
    arena.publish();
  }
  return gather_owned(arena, communicator) / nodes;
}

TEST(GradientAverager, SumsToTheGradientOfTheGlobalMean) {
  const at::Tensor rows = at::randn({kAveragedRows, 4}, at::kDouble);
  at::Tensor whole;
  run_loopback_ranks(1, [&](Communicator& one) { whole = averaged_gradients(one, rows, 1); });
  for (const bool overlap : {false, true})
    for (const std::vector<int>& nodes : std::vector<std::vector<int>>{{3}, {2, 1}, {1, 2}, {1, 1, 1}})
      run_loopback_ranks(3,
                         [&](Communicator& communicator) {
                           const at::Tensor sum =
                               averaged_gradients(communicator, rows, static_cast<int>(nodes.size()));
                           EXPECT_TRUE(at::allclose(sum, whole, 1e-12, 1e-14)) << nodes.size() << " nodes";
                         },
                         {.host_group_sizes = nodes, .overlap = overlap, .bucket_bytes = 1});
}

// A generator's backward pass through the discriminator leaves the discriminator's averager alone: its sum is
// that of its own update, and its buckets do not leave with what another's backward pass brings.
TEST(GradientAverager, OneNetworksStepDoesNotDisturbAnother) {
  const at::Tensor row = at::ones({1, 4}, at::kDouble);
  for (const bool overlap : {false, true})
    run_loopback_ranks(2,
                       [&](Communicator& communicator) {
                         const auto first = small_network(), second = small_network();
                         ParameterArena first_arena(*first, communicator.gradients()),
                             second_arena(*second, communicator.gradients());
                         GradientAverager first_averager(first_arena), second_averager(second_arena);
                         auto second_pending = second_averager.begin();
                         {
                           const Frozen frozen(second_arena);
                           auto pending = first_averager.begin();
                           (forward(*first, row) + forward(*second, row)).sum().backward();
                           pending.finish();
                           first_arena.publish();
                         }
                         forward(*second, row * (communicator.rank() + 1)).sum().backward();
                         second_pending.finish();
                         const at::Tensor sum = gather_owned(second_arena, communicator);
                         second_arena.publish();

                         const auto alone_network = small_network();
                         ParameterArena expected(*alone_network, alone().gradients());
                         expected.clear_gradients();
                         for (const int rank : {0, 1})
                           forward(*alone_network, row * (rank + 1)).sum().backward();
                         expected.complete_gradients();
                         EXPECT_TRUE(at::allclose(sum, expected.gradients(), 1e-12, 1e-14));
                         EXPECT_GT(sum.abs().sum().item<double>(), 0);
                       },
                       {.overlap = overlap, .bucket_bytes = 1});
}

TEST(GradientAverager, NoticesAnUpdateThatDoesNotEnd) {
  const auto network = small_network();
  ParameterArena arena(*network, alone().gradients());
  GradientAverager averager(arena);
  {
    auto pending = averager.begin();
    expect_error<Error>([&] { const auto again = averager.begin(); }, {"finish() ended the update before"});
    pending.finish();
    expect_error<Error>([&] { pending.finish(); }, {"finished once"});
  }
  averager.begin().finish();
  { const auto forgotten = averager.begin(); }
  expect_error<Error>([&] { const auto again = averager.begin(); }, {"finish() ended the update before"});
}

// A network in the middle of an update.
struct Updating {
  explicit Updating(Communicator& communicator)
      : arena(*network, communicator.gradients()), averager(arena), pending(averager.begin()) {}
  void pass() const { forward(*network, at::ones({1, 4}, at::kDouble)).sum().backward(); }

  const std::shared_ptr<Network> network = small_network();
  ParameterArena arena;
  GradientAverager averager;
  GradientAverager::Pending pending;
};

// Each parameter leaves in a bucket of its own as soon as it has its gradient.
void run_overlapping_ranks(const std::function<void(Communicator&)>& body) {
  run_loopback_ranks(2, body, {.overlap = true, .bucket_bytes = 1});
}

// The second pass writes into buckets that other ranks are reading, and is noticed behind that.
TEST(GradientAverager, NoticesASecondBackwardPass) {
#ifdef GANYMEDE_SANITIZER_thread
  GTEST_SKIP() << "is a race";
#endif
  run_overlapping_ranks([](Communicator& communicator) {
    const Updating update(communicator);
    update.pass();
    expect_error<Error>([&] { update.pass(); }, {"one backward pass"});
  });
}

// Two networks of one shape whose backward passes come in another order on another rank: the sums would be of
// numbers that do not belong together.
TEST(GradientAverager, NoticesRanksThatFillBucketsInAnotherOrder) {
  expect_error<Error>(
      [] {
        run_overlapping_ranks([](Communicator& communicator) {
          Updating first(communicator), second(communicator);
          for (const int turn : {0, 1}) (turn == communicator.rank() ? first : second).pass();
          first.pending.finish();
          second.pending.finish();
        });
      },
      {"in the same order"});
}

// An error in the middle of backward: the sums that are under way end before the memory goes.
TEST(GradientAverager, AnErrorInAnUpdateWaitsForTheSumsUnderWay) {
  for (int repeat = 0; repeat < 20; ++repeat)
    expect_error<DataError>(
        [] {
          run_overlapping_ranks([](Communicator& communicator) {
            Updating update(communicator);
            update.pass();
            if (communicator.rank() == 1) throw DataError("in the middle of a step");
            update.pending.finish();
            communicator.barrier();
          });
        },
        {"in the middle of a step"});
}

// An update that is recorded has not begun: who gives it up takes it step by step.
TEST(GradientAverager, BeginsAgainAfterARecordingThatWasGivenUp) {
  LoneCommunicator communicator;
  const auto network = small_network();
  ParameterArena arena(*network, communicator.gradients());
  GradientAverager averager(arena);
  {
    const GradientExchange::Recording recording(communicator.gradients());
    const auto given_up = averager.begin();
  }
  averager.begin().finish();
}

}  // namespace
}  // namespace ganymede
