// The number of ranks changes the time of a run, not its result.
#include "tests/cli/program_test.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

using RankCountTest = ProgramTest;

// 16 samples on 3 ranks are 6, 5 and 5; 20 steps of 16 go past the end of the epoch.
void compare(const std::function<std::filesystem::path(const std::string& name, int ranks)>& train,
             double relative_difference) {
  const auto expected = train("ranks-1", 1);
  for (const int ranks : {2, 3, 4}) {
    SCOPED_TRACE(std::to_string(ranks) + " ranks");
    expect_close_losses(train("ranks-" + std::to_string(ranks), ranks), expected, relative_difference);
  }
}

TEST_F(RankCountTest, RanksAgreeInSinglePrecision) {
  compare([&](const std::string& name, int ranks) { return train(name, ranks); }, 1e-4);
}

TEST_F(RankCountTest, RanksAgreeInDoublePrecision) {
  compare([&](const std::string& name, int ranks) { return train(name, ranks, {"precision=float64"}); },
          1e-9);
}

TEST_F(RankCountTest, OneRankNeedsNoMpirun) {
  const auto with_mpirun = train("with", 1, {"train.steps=3"});
  const auto without = train("without", 0, {"train.steps=3"});
  expect_equal_losses(without, with_mpirun);
  EXPECT_EQ(weights_checksum(without, "step_00000003"), weights_checksum(with_mpirun, "step_00000003"));
}

TEST_F(RankCountTest, TheDatasetsNumberOfShardsDoesNotMatter) {
  import_test_dataset(folder_ / "five-shards", {}, 5);
  const auto two = train("two", 2, {"train.steps=5"});
  const auto five = train("five", 2, {"train.steps=5", "data.path=five-shards"});
  expect_equal_losses(five, two);
  EXPECT_EQ(weights_checksum(five, "step_00000005"), weights_checksum(two, "step_00000005"));
}

}  // namespace
}  // namespace ganymede
