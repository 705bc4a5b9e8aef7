// Steps of several ranks that are recorded with their sums over NCCL (a double of it, or the real one), where
// one rank cannot.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/procedures/rank_on_device.hpp"

namespace ganymede {
namespace {

constexpr int kSumsOfStep = 2;

// How many of its step's sums the last rank has asked for when it finds that it cannot be recorded.
class RecordingOverNccl : public testing::TestWithParam<int> {};

TEST_P(RecordingOverNccl, IsGivenUpByAllRanksWhereOneCannot) {
  RankOnDevice rank(NcclSums::everywhere);
  Communicator& ranks = rank.communicator();
  const bool is_last = ranks.rank() == ranks.size() - 1;
  StepGraphs graphs(tested_recorder(), ranks);
  const at::Tensor total = at::zeros({1}, at::TensorOptions(at::kDouble).device(tested_device()));
  const auto add_up = [&](const StepData& data) {
    const at::Tensor numbers = data[0][0].fields[0] * 2;
    for (int sums = 0; sums <= kSumsOfStep; ++sums) {
      if (is_last && sums == GetParam()) (void)numbers.item<double>();
      if (sums < kSumsOfStep) ranks.gradients().all_reduce_sum_(numbers);
    }
    return total.add_(numbers) * 1;
  };
  double expected = 0;
  for (int step = 0; step < StepGraphs::kEagerSteps + 4; ++step) {
    const at::Tensor number = at::full({1}, step + 0.5, at::kDouble).to(tested_device());
    expected += 2 * (step + 0.5) * ranks.size() * ranks.size();
    const at::Tensor found = graphs.take("adding", {{{.fields = {number}}}}, add_up);
    EXPECT_EQ(found.cpu().item<double>(), expected) << "step " << step;
  }
  EXPECT_EQ(graphs.replays(), 0);
}

INSTANTIATE_TEST_SUITE_P(Sums, RecordingOverNccl, testing::Range(0, kSumsOfStep + 1));

TEST(RecordingOverNccl, NeedsNoOtherRankToBeDone) {
  const RankOnDevice rank(NcclSums::everywhere);
  EXPECT_STREQ(std::getenv("NCCL_GRAPH_REGISTER"), "0");
}

}  // namespace
}  // namespace ganymede
