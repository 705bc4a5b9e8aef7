// A run that stops and goes on ends as one that never stopped.
#include <fstream>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ResumeTest : public ProgramTest {
 protected:
  // 20 steps at once, and 10 + 10: everything is equal.
  void expect_resume_changes_nothing(int ranks) const {
    const fs::path whole = train("whole", ranks);
    train("halves", ranks, {"train.steps=10"});
    const fs::path halves = resume("halves", ranks, {"train.steps=20"});
    expect_equal_losses(halves, whole);
    EXPECT_EQ(weights_checksum(halves, "step_00000020"), weights_checksum(whole, "step_00000020"));
  }
};

TEST_F(ResumeTest, TwoHalvesEqualTheWholeOnTwoRanks) {
  expect_resume_changes_nothing(2);
}

TEST_F(ResumeTest, TwoHalvesEqualTheWholeOnOneRank) {
  expect_resume_changes_nothing(1);
}

TEST_F(ResumeTest, GoesOnOnAnotherNumberOfRanks) {
  const fs::path whole = train("whole", 2);
  train("halves", 2, {"train.steps=10"});
  expect_close_losses(resume("halves", 3, {"train.steps=20"}), whole, 1e-4);
}

TEST_F(ResumeTest, ResumeOfAFinishedRunChangesNothing) {
  const fs::path run = train("run", 2);
  const std::uint32_t weights = weights_checksum(run, "step_00000020");
  const std::string metrics = read_text(run / "metrics.jsonl");
  resume("run", 2);
  EXPECT_EQ(weights_checksum(run, "step_00000020"), weights);
  EXPECT_EQ(read_text(run / "metrics.jsonl"), metrics);
}

TEST_F(ResumeTest, SaysWhyThereIsNothingToTrain) {
  train("run", 1);
  const auto output_of = [&](const Words& settings) {
    const ProgramResult result = run(resume_arguments("run", settings));
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    return result.output;
  };
  EXPECT_THAT(output_of({"train.steps=20"}),
              HasSubstr("nothing is left to train: step 20 is the recipe's last"));
  EXPECT_THAT(output_of({"train.steps=30", "train.seconds=1e-9"}),
              HasSubstr("nothing is trained: the 1e-09 s of train.seconds are over"));
  EXPECT_THAT(
      output_of({"train.steps=6", "train.seconds=none"}),
      AllOf(
          HasSubstr("nothing is trained: the checkpoint is of step 20, beyond step 6, where the recipe ends"),
          HasSubstr("(--set train.steps=N)"), HasSubstr("--at-step N"),
          HasSubstr("finished at step 20, state checksum")));
  EXPECT_EQ(last_reported_step(folder_ / "run"), 20);
}

TEST_F(ResumeTest, ResumeStartsARunThatIsNotThereYet) {
  Words arguments = train_arguments("new", {"train.steps=2"});
  arguments.emplace_back("--resume");
  const ProgramResult result = run(arguments, 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(list_checkpoints(folder_ / "new"), ElementsAre("step_00000002"));
}

TEST_F(ResumeTest, ADamagedCheckpointIsPassedOverForTheOneBefore) {
  const fs::path whole = train("whole", 2);
  train("damaged", 2, {"train.steps=15", "train.checkpoint_every=10"});
  const fs::path state = folder_ / "damaged" / "checkpoints" / "step_00000015" / "state.safetensors";
  flip_byte(state, fs::file_size(state) / 2);
  const ProgramResult result = run(resume_arguments("damaged", {"train.steps=20"}), 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  const std::string said = result.output + result.errors;
  EXPECT_THAT(said, HasSubstr("step_00000015/state.safetensors"));
  EXPECT_THAT(said, HasSubstr("damaged"));
  EXPECT_THAT(said, HasSubstr("resuming at step 10"));
  expect_equal_losses(folder_ / "damaged", whole);
  EXPECT_EQ(weights_checksum(folder_ / "damaged", "step_00000020"), weights_checksum(whole, "step_00000020"));
}

TEST_F(ResumeTest, AnUnfinishedCheckpointIsNotACheckpoint) {
  const fs::path run_folder = train("run", 1, {"train.steps=4"});
  // What a killed process leaves: the name of a process that cannot exist, and no manifest.
  const fs::path leftover = run_folder / "checkpoints" / "step_00000008.tmp-host-99999999";
  fs::create_directory(leftover);
  write_text(leftover / "state.safetensors", "half of it");
  const fs::path no_manifest = run_folder / "checkpoints" / "step_00000009";
  fs::create_directory(no_manifest);
  const ProgramResult result = run(resume_arguments("run", {"train.steps=6"}), 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("resuming at step 4"));
  EXPECT_EQ(last_reported_step(run_folder), 6);
}

TEST_F(ResumeTest, MetricsAndSamplesAfterTheCheckpointAreDroppedAndMadeAgain) {
  const fs::path whole = train("whole", 2);
  const fs::path run_folder =
      train("run", 2, {"train.steps=15", "train.checkpoint_every=10", "train.sample_every=10"});
  EXPECT_TRUE(fs::exists(run_folder / "samples" / "step_00000015.png"));
  fs::remove_all(run_folder / "checkpoints" / "step_00000015");
  // The process died in the middle of a line.
  std::ofstream(run_folder / "metrics.jsonl", std::ios::app) << R"({"step":16,"epo)";
  resume("run", 2, {"train.steps=20"});
  expect_equal_losses(run_folder, whole);
  EXPECT_TRUE(fs::exists(run_folder / "samples" / "step_00000010.png"));
  EXPECT_FALSE(fs::exists(run_folder / "samples" / "step_00000015.png"));
}

}  // namespace
}  // namespace ganymede
