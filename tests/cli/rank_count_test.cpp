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

// Threads round as ranks do: a rank alone on its host takes no more of them than one of many.
TEST_F(RankCountTest, NeitherDoCoresAndEnvironmentInReproducibleMode) {
  const ProgramOptions two_threads{.environment = {{"OMP_NUM_THREADS", "2"}},
                                   .working_folder = folder_.path()};
  int runs = 0;
  const auto starts_with = [&](Words more) {
    Words words{"train", "mlp",
                "--run", "run-" + std::to_string(++runs),
                "--set", "data.path=" + dataset().string(),
                "--set", "train.steps=1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, two_threads).output;
  };
  EXPECT_THAT(starts_with({}), testing::HasSubstr("1 rank, 2 threads a rank"));
  EXPECT_THAT(starts_with({"--set", "reproducible.replicas=2"}),
              testing::HasSubstr("1 rank, 1 thread a rank"));
  EXPECT_THAT(starts_with({"--set", "reproducible.replicas=2", "--threads", "2"}),
              testing::HasSubstr("1 rank, 2 threads a rank"));
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
