// What a training run leaves behind, and how it ends.
#include <algorithm>
#include <cmath>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using TrainTest = ProgramTest;

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes.at(offset + i));
  return value;
}

// A PNG file of 64 images of 28 x 28: at least 8 x 28 pixels wide and high.
void expect_sample_grid(const fs::path& file) {
  const std::string bytes = read_text(file);
  ASSERT_GT(bytes.size(), 1000U) << file;
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n") << file;
  EXPECT_GE(big_endian(bytes, 16), 8U * 28) << "width of " << file;
  EXPECT_GE(big_endian(bytes, 20), 8U * 28) << "height of " << file;
  EXPECT_EQ(bytes.substr(bytes.size() - 8, 4), "IEND") << file;
}

TEST_F(TrainTest, LeavesTheDocumentedRunFolder) {
  const fs::path run_folder =
      train("run", 2, {"train.steps=7", "train.checkpoint_every=2", "train.sample_every=3", "train.keep=2"});
  EXPECT_THAT(list_checkpoints(run_folder), ElementsAre("step_00000006", "step_00000007"));
  for (const char* step : {"step_00000003", "step_00000006", "step_00000007"})
    expect_sample_grid(run_folder / "samples" / (std::string(step) + ".png"));
  for (const char* rank : {"rank_0.log", "rank_1.log"})
    EXPECT_TRUE(fs::is_regular_file(run_folder / "log" / rank)) << rank;
  EXPECT_THAT(read_text(run_folder / "log" / "rank_0.log"), HasSubstr("finished at step 7 of 7"));
  EXPECT_EQ(run({"recipe", "check", run_folder / "recipe.yaml"}).exit_code, 0);
}

TEST_F(TrainTest, TheResolvedRecipeMakesTheSameRunAgain) {
  const fs::path first = train("first", 2, {"train.steps=3", "gan.generator.network.mlp.noise_size=7"});
  const ProgramResult result = run({"train", first / "recipe.yaml", "--run", "second", "--threads", "1"}, 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  expect_equal_losses(folder_ / "second", first);
  EXPECT_EQ(weights_checksum(folder_ / "second", "step_00000003"), weights_checksum(first, "step_00000003"));
  EXPECT_EQ(read_text(folder_ / "second" / "recipe.yaml"), read_text(first / "recipe.yaml"));
}

TEST_F(TrainTest, MetricsHaveAllFields) {
  const auto metrics = read_metrics(train("run", 2, {"train.steps=18", "train.report_every=4"}));
  Words steps;
  for (const auto& line : metrics) {
    steps.push_back(line.at("step").dump());
    EXPECT_EQ(line.at("epoch").get<int>(), line.at("step").get<int>() <= 16 ? 1 : 2);
    EXPECT_GT(line.at("samples_per_second").get<double>(), 0);
    EXPECT_TRUE(std::isfinite(line.at("generator_loss").get<double>()));
    EXPECT_TRUE(std::isfinite(line.at("discriminator_loss").get<double>()));
    for (const char* seconds : {"data_seconds", "compute_seconds", "communication_seconds"})
      EXPECT_GE(line.at(seconds).get<double>(), 0) << seconds << " of step " << line.at("step");
  }
  EXPECT_THAT(steps, ElementsAre("4", "8", "12", "16", "18")) << "the last step is always reported";
}

TEST_F(TrainTest, SaysWhichNetworksTravelAsFactors) {
  const ProgramResult result = run(
      train_arguments("run", {"train.steps=1", "communication.node_sharing=off", "communication.factors=on"}),
      2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output,
              testing::ContainsRegex("generator: [0-9]+ of [0-9]+ gradients travel as the factors"));
  EXPECT_THAT(result.output,
              testing::ContainsRegex("discriminator: [0-9]+ of [0-9]+ gradients travel as the factors"));
}

TEST_F(TrainTest, OneRankSpeaksInPlainLines) {
  const ProgramResult result = run(train_arguments("run", {"train.steps=2"}), 2);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.errors, "");
  const Words lines = result.lines();
  ASSERT_EQ(lines.size(), 4U) << result.describe();
  EXPECT_THAT(lines[0],
              HasSubstr("mlp: 256 samples, global batch 16, 2 ranks, 1 thread a rank; results in run"));
  EXPECT_THAT(lines[1], HasSubstr("step 1/2"));
  EXPECT_THAT(lines[2], HasSubstr("step 2/2"));
  EXPECT_THAT(lines[3], HasSubstr("finished at step 2 of 2"));
  EXPECT_THAT(result.output, testing::Not(HasSubstr("\033"))) << "no terminal codes into a file";
}

TEST_F(TrainTest, SecondsEndARunInTime) {
  const ProgramResult result = run(train_arguments("run", {"train.steps=1000000", "train.seconds=0.5"}), 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_LT(result.seconds, 20);
  const std::int64_t step = last_reported_step(folder_ / "run");
  EXPECT_GT(step, 0);
  ASSERT_EQ(list_checkpoints(folder_ / "run").size(), 1U);
  EXPECT_EQ(read_manifest(folder_ / "run", list_checkpoints(folder_ / "run")[0]).at("step"), step);
}

TEST_F(TrainTest, EpochsAreWholeBatches) {
  // 256 samples make 2 batches of 100; the rest waits for the next epoch's order. data.path is found below
  // data/.
  fs::create_directory(folder_ / "data");
  fs::copy(dataset(), folder_ / "data" / "patterns", fs::copy_options::recursive);
  const ProgramResult result =
      run({"train", "mlp", "--run", "run", "--threads", "1", "--set", "data.path=patterns", "--set",
           "data.global_batch_size=100", "--set", "train.epochs=2", "--set", "train.report_every=1"},
          2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(last_reported_step(folder_ / "run"), 4);
}

TEST_F(TrainTest, RunsWithoutANameAreNumbered) {
  for (const char* name : {"runs/mlp-1", "runs/mlp-2"}) {
    Words arguments = train_arguments("", {"train.steps=1"});
    arguments.erase(std::find(arguments.begin(), arguments.end(), "--run"),
                    std::find(arguments.begin(), arguments.end(), "--run") + 2);
    EXPECT_EQ(run(arguments, 1).exit_code, 0);
    EXPECT_THAT(list_checkpoints(folder_ / name), ElementsAre("step_00000001"));
  }
}

TEST_F(TrainTest, DcganTrains) {
  const ProgramResult result =
      run({"train", "dcgan", "--run", "run", "--threads", "1", "--set", "data.path=" + dataset().string(),
           "--set", "data.global_batch_size=8", "--set", "train.steps=3", "--set", "train.report_every=1"},
          2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(read_metrics(folder_ / "run").size(), 3U);
  expect_sample_grid(folder_ / "run" / "samples" / "step_00000003.png");
}

TEST_F(TrainTest, ALossThatIsNoNumberStopsTheRun) {
  const ProgramResult result =
      run(train_arguments(
              "run", {"gan.generator.optimizer.adam.learning_rate=1e15",
                      "gan.discriminator.optimizer.adam.learning_rate=1e15", "train.checkpoint_every=1"}),
          2);
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  EXPECT_THAT(result.errors, testing::ContainsRegex(
                                 "^ganymede: step [0-9]+: (generator|discriminator)_loss is -?(nan|inf)"));
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1);
}

}  // namespace
}  // namespace ganymede
