// What --resume does where checkpoints, data or pictures are not what they were.
#include "tests/cli/program_test.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class LostStateTest : public ProgramTest {
 protected:
  // Four steps with checkpoints 2 and 4.
  fs::path train_four() const { return train("run", 1, {"train.steps=4", "train.checkpoint_every=2"}); }
  // The run is refused with those words, and its log is as it was.
  void expect_refused(int exit_code, const Words& words, const Words& more_arguments = {}) const {
    const std::string metrics = read_text(folder_ / "run" / "metrics.jsonl");
    Words arguments = resume_arguments("run", {"train.steps=6"});
    arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.describe();
    for (const std::string& word : words) EXPECT_THAT(result.errors, HasSubstr(word));
    EXPECT_EQ(read_text(folder_ / "run" / "metrics.jsonl"), metrics);
  }
};

TEST_F(LostStateTest, NoUsableCheckpointIsRefusedWithTheReasonOfEach) {
  const fs::path checkpoints = train_four() / "checkpoints";
  flip_byte(checkpoints / "step_00000002" / "state.safetensors", 4000);
  write_text(checkpoints / "step_00000004" / "manifest.json",
             R"({"format":"ganymede-checkpoint","version":1})");
  expect_refused(3, {"no checkpoint can be used", "step_00000002/state.safetensors", "damaged",
                     "step_00000004/manifest.json", "version 1"});
  const ProgramResult sample = run({"sample", "run", "--out", "grid.png"});
  EXPECT_EQ(sample.exit_code, 3) << sample.describe();
}

TEST_F(LostStateTest, LostCheckpointsAreNotANewRun) {
  const fs::path run_folder = train("run", 1, {"train.steps=5", "train.checkpoint_every=2"});
  for (const char* step : {"step_00000002", "step_00000004", "step_00000005"})
    fs::remove_all(run_folder / "checkpoints" / step);
  expect_refused(3, {"checkpoints were lost", "step 5"});
  fs::remove_all(run_folder / "checkpoints");
  expect_refused(3, {"checkpoints were lost"});
}

TEST_F(LostStateTest, ARunThatEndedBeforeItsFirstCheckpointBeginsAgain) {
  // Killed while the first one was written, of step 2, and training was at step 3.
  const fs::path run_folder = train("run", 1, {"train.steps=3", "train.checkpoint_every=2"});
  for (const char* step : {"step_00000002", "step_00000003"})
    fs::remove_all(run_folder / "checkpoints" / step);
  const ProgramResult result = run(resume_arguments("run", {"train.steps=4"}));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors, HasSubstr("before its first checkpoint"));
  EXPECT_EQ(read_metrics(run_folder).size(), 4U);
}

TEST_F(LostStateTest, ARunWithoutItsRecipeIsNotWrittenOver) {
  const fs::path run_folder = train_four();
  fs::remove(run_folder / "recipe.yaml");
  Words arguments = train_arguments("run", {"train.steps=2"});
  arguments.emplace_back("--resume");
  const ProgramResult result = run(arguments);
  EXPECT_EQ(result.exit_code, 2) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("recipe.yaml"));
  EXPECT_EQ(read_metrics(run_folder).size(), 4U);
}

TEST_F(LostStateTest, AnotherDatasetInItsPlaceIsRefused) {
  fs::copy(dataset(), folder_ / "data", fs::copy_options::recursive);
  train("run", 1, {"data.path=" + (folder_ / "data").string(), "train.steps=4"});
  // The same samples in one shard instead of two are other files; so are others of the same number.
  fs::remove_all(folder_ / "data");
  import_test_dataset(folder_ / "data", {}, /*shards=*/3);
  expect_refused(3, {"not the dataset", "checksums", "--allow-change data.path"});
  Words allowed = resume_arguments("run", {"train.steps=6"});
  allowed.insert(allowed.end(), {"--allow-change", "data.path"});
  const ProgramResult result = run(allowed);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
}

TEST_F(LostStateTest, ARelativeDatasetIsFoundFromAnotherFolder) {
  fs::create_directory(folder_ / "data");
  fs::copy(dataset(), folder_ / "data" / "patterns", fs::copy_options::recursive);
  const fs::path run_folder = train("run", 1, {"data.path=patterns", "train.steps=4"});
  fs::create_directories(folder_ / "elsewhere");
  const ProgramResult result = run_program(
      {"train", "--resume", "--run", run_folder.string(), "--threads", "1", "--set", "train.steps=6"},
      {.working_folder = folder_ / "elsewhere"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(last_reported_step(run_folder), 6);
}

TEST_F(LostStateTest, CopiesUnderOtherNamesAreLeftAlone) {
  const fs::path run_folder = train_four();
  fs::copy(run_folder / "checkpoints" / "step_00000002", run_folder / "checkpoints" / "step_best",
           fs::copy_options::recursive);
  resume("run", 1, {"train.steps=6", "train.keep=1"});
  EXPECT_THAT(list_checkpoints(run_folder), ElementsAre("step_00000006", "step_best"));
  EXPECT_EQ(read_metrics(run_folder).size(), 6U);
}

TEST_F(LostStateTest, StateThatIsNotFiniteIsNeverPublished) {
  for (const char* steps : {"train.steps=1", "train.steps=6"}) {
    fs::remove_all(folder_ / "run");
    const ProgramResult result = run(train_arguments(
        "run", {steps, "train.checkpoint_every=1", "gan.generator.optimizer.adam.learning_rate=1e15",
                "gan.discriminator.optimizer.adam.learning_rate=1e15"}));
    EXPECT_EQ(result.exit_code, 1) << result.describe();
    EXPECT_THAT(result.errors, AllOf(HasSubstr("diverged"), HasSubstr("--at-step")));
    EXPECT_THAT(list_checkpoints(folder_ / "run"), ElementsAre()) << steps;
  }
}

TEST_F(LostStateTest, ADivergenceNamesItsStepNetworkAndParameter) {
  for (const int ranks : {1, 2}) {
    fs::remove_all(folder_ / "run");
    const ProgramResult result = run(
        train_arguments("run", {"train.steps=6", "gan.generator.optimizer.adam.learning_rate=1e15"}), ranks);
    EXPECT_EQ(result.exit_code, 1) << result.describe();
    EXPECT_TRUE(result.errors.starts_with("ganymede: step ")) << result.describe();
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr(" generator/parameters/layers."), HasSubstr(" is not finite: ")));
  }
}

TEST_F(LostStateTest, AfterADivergenceTheAdviceOfTheMessageWorks) {
  const fs::path run_folder = train_four();
  Words diverging = resume_arguments("run", {"train.steps=40", "train.checkpoint_every=1000",
                                             "gan.generator.optimizer.adam.learning_rate=1000"});
  // Refused without permission, and named.
  const ProgramResult refused = run(diverging);
  EXPECT_EQ(refused.exit_code, 2) << refused.describe();
  EXPECT_THAT(refused.errors, HasSubstr("gan.generator.optimizer.adam.learning_rate was 0.0002, now"));
  Words earlier = resume_arguments("run", {"train.steps=6", "train.checkpoint_every=2",
                                           "gan.generator.optimizer.adam.learning_rate=1.0e-5"});
  earlier.insert(earlier.end(), {"--at-step", "2", "--allow-change", "gan.generator.optimizer"});
  const ProgramResult result = run(earlier);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("resuming at step 2"));
  EXPECT_THAT(list_checkpoints(run_folder),
              ElementsAre("step_00000002", "step_00000004", "step_00000004.set-aside", "step_00000006"));
  EXPECT_EQ(read_metrics(run_folder).size(), 6U);
}

TEST_F(LostStateTest, ATimeLimitIsOfTheWholeRun) {
  const fs::path run_folder =
      train("run", 1, {"train.steps=none", "train.epochs=1000000", "train.seconds=0.3"});
  const std::int64_t step = last_reported_step(run_folder);
  const ProgramResult result = run(resume_arguments("run"));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("finished at step " + std::to_string(step)));
  EXPECT_EQ(last_reported_step(run_folder), step);
}

TEST_F(LostStateTest, APictureThatCannotBeWrittenCostsNoCheckpoint) {
  const fs::path run_folder = train_four();
  fs::create_directories(run_folder / "samples" / "step_00000006.png" / "in the way");
  const ProgramResult result = run(resume_arguments("run", {"train.steps=6"}));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors, HasSubstr("cannot draw samples"));
  EXPECT_THAT(list_checkpoints(run_folder), testing::Contains("step_00000006"));
}

}  // namespace
}  // namespace ganymede
