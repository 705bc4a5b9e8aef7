#include "distributed/overlap_trial.hpp"

#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

struct StepSecondsOfRank {
  double with, without;
};

// What two ranks decide, whose steps take so long.
std::vector<bool> decisions(const std::array<StepSecondsOfRank, 2>& seconds) {
  std::vector<char> overlaps(2);
  run_loopback_ranks(2,
                     [&](Communicator& communicator) {
                       OverlapTrial trial(communicator.gradients());
                       const auto rank = static_cast<std::size_t>(communicator.rank());
                       for (std::int64_t step = 0; step < OverlapTrial::kSteps; ++step) {
                         const double usual =
                             communicator.gradients().overlaps() ? seconds[rank].with : seconds[rank].without;
                         trial.note_step(step == 7 || step == 8 ? 100 : usual);  // the host was busy
                       }
                       const bool decided = communicator.gradients().overlaps();
                       for (int step = 0; step < 5; ++step) {
                         trial.note_step(decided ? 100 : 0);
                         EXPECT_EQ(communicator.gradients().overlaps(), decided) << "once decided it stays";
                       }
                       overlaps[rank] = decided ? 1 : 0;
                     },
                     {.overlap = true});
  return {overlaps[0] == 1, overlaps[1] == 1};
}

using Both = std::vector<bool>;

TEST(OverlapTrial, KeepsWhatIsFaster) {
  EXPECT_EQ(decisions({{{.with = 1, .without = 2}, {.with = 1, .without = 2}}}), (Both{true, true}));
  EXPECT_EQ(decisions({{{.with = 2, .without = 1}, {.with = 2, .without = 1}}}), (Both{false, false}));
}

TEST(OverlapTrial, OverlapMustGain) {
  EXPECT_EQ(decisions({{{.with = 0.99, .without = 1}, {.with = 0.99, .without = 1}}}), (Both{false, false}));
}

TEST(OverlapTrial, RanksThatDisagreeDecideTogether) {
  EXPECT_EQ(decisions({{{.with = 1, .without = 1.1}, {.with = 2, .without = 1}}}), (Both{false, false}));
  EXPECT_EQ(decisions({{{.with = 1, .without = 3}, {.with = 2, .without = 1}}}), (Both{true, true}));
}

TEST(OverlapTrial, LeavesRanksOfOneHostAlone) {
  run_loopback_ranks(2, [](Communicator& communicator) {
    OverlapTrial trial(communicator.gradients());
    for (std::int64_t step = 0; step < 2 * OverlapTrial::kSteps; ++step) {
      trial.note_step(1);
      EXPECT_FALSE(communicator.gradients().overlaps());
    }
  });
}

}  // namespace
}  // namespace ganymede
