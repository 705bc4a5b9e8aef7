// ganymede checkpoint: what a user sees of the checkpoints of a run, and which stay.
#include <signal.h>

#include "tests/cli/refusal.hpp"
#include "tests/support/folder_snapshot.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CheckpointCommandTest : public ProgramTest {
 protected:
  // Checkpoints 2, 4, 6 and 7.
  fs::path train_seven(Words settings = {}) const {
    settings.insert(settings.begin(),
                    {"train.steps=7", "train.checkpoint_every=2", "train.keep=9", "train.sample_every=1000"});
    return train("run", 1, settings);
  }
  ProgramResult checkpoint(Words words) const {
    words.insert(words.begin(), "checkpoint");
    return run(words);
  }
  // Of a checkpoint of the run.
  fs::path state_of(const std::string& name) const {
    return folder_ / "run" / "checkpoints" / name / "state.safetensors";
  }
};

TEST_F(CheckpointCommandTest, ListSaysWhyEachStaysAndWhetherItIsThere) {
  train_seven(
      {"train.keep_every=4", "train.keep_best={scalar: generator_loss, of: lowest}", "train.report_every=1"});
  fs::resize_file(state_of("step_00000006"), 100);
  const ProgramResult result = checkpoint({"list", "run"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  std::istringstream lines(result.output);
  std::string header, seventh, sixth, fourth;
  std::getline(lines, header);
  std::getline(lines, seventh);
  std::getline(lines, sixth);
  std::getline(lines, fourth);
  EXPECT_THAT(header, AllOf(HasSubstr("step"), HasSubstr("size"), HasSubstr("kept as")));
  EXPECT_THAT(seventh, AllOf(HasSubstr(" 7 "), HasSubstr("newest"), HasSubstr("MB"), HasSubstr("ok")));
  EXPECT_THAT(sixth, AllOf(HasSubstr(" 6 "), HasSubstr("damaged"), Not(HasSubstr("newest"))));
  EXPECT_THAT(fourth, HasSubstr("newest, every 4"));
  EXPECT_THAT(result.output, HasSubstr("lowest generator_loss"));
}

TEST_F(CheckpointCommandTest, VerifyNamesTheDamagedOnes) {
  train_seven();
  const ProgramResult whole = checkpoint({"verify", "run"});
  EXPECT_EQ(whole.exit_code, 0) << whole.describe();
  EXPECT_THAT(whole.output, AllOf(HasSubstr("step_00000002: ok"), HasSubstr("step_00000007: ok")));
  flip_byte(state_of("step_00000004"), 5000);
  const ProgramResult damaged = checkpoint({"verify", "run"});
  EXPECT_EQ(damaged.exit_code, kBadData) << damaged.describe();
  EXPECT_THAT(damaged.errors, AllOf(HasSubstr("1 of 4"), HasSubstr("step_00000004")));
  EXPECT_THAT(damaged.output, AllOf(HasSubstr("step_00000002: ok"), HasSubstr("checksum")));
}

TEST_F(CheckpointCommandTest, ShowPrintsWhatOneHolds) {
  train_seven();
  const ProgramResult newest = checkpoint({"show", "run"});
  EXPECT_EQ(newest.exit_code, 0) << newest.describe();
  EXPECT_THAT(newest.output,
              AllOf(HasSubstr("step 7,"), HasSubstr("256 samples"), HasSubstr("generator_loss"),
                    testing::ContainsRegex("generator/parameters/[^ ]*weight +Float +\\[256, 100\\]")));
  EXPECT_THAT(checkpoint({"show", "run", "--step", "4"}).output, HasSubstr("step 4,"));
  const ProgramResult other = checkpoint({"show", "run", "--step", "5"});
  EXPECT_EQ(other.exit_code, kUserMistake) << other.describe();
  EXPECT_THAT(other.errors, HasSubstr("7, 6, 4, 2"));
}

TEST_F(CheckpointCommandTest, PruneKeepsTheNewestThatIsIntact) {
  const fs::path run_folder = train_seven({"train.keep_every=4"});
  flip_byte(state_of("step_00000007"), 5000);
  const ProgramResult dry = checkpoint({"prune", "run", "--keep", "1", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.describe();
  EXPECT_THAT(dry.output, AllOf(HasSubstr("would remove step_00000002"), HasSubstr("3 checkpoints stay")));
  EXPECT_EQ(list_checkpoints(run_folder).size(), 4U);
  const ProgramResult pruned = checkpoint({"prune", "run", "--keep", "1"});
  EXPECT_EQ(pruned.exit_code, 0) << pruned.describe();
  EXPECT_THAT(pruned.output, HasSubstr("removed step_00000002"));
  EXPECT_THAT(list_checkpoints(run_folder), ElementsAre("step_00000004", "step_00000006", "step_00000007"));
  resume("run", 1, {"train.steps=8"});
}

TEST_F(CheckpointCommandTest, PruneLeavesALivingRunAlone) {
  const auto program = start(train_arguments("run", {"train.steps=1000000", "train.checkpoint_every=2"}), 0);
  program->wait_until("a checkpoint", [&] { return last_reported_step(folder_ / "run") >= 5; });
  const ProgramResult refused = checkpoint({"prune", "run", "--keep", "1"});
  EXPECT_EQ(refused.exit_code, kUserMistake) << refused.describe();
  EXPECT_THAT(refused.errors, HasSubstr("another process works in this run folder"));
  program->send_signal(SIGTERM);
  program->wait();
}

TEST_F(CheckpointCommandTest, TheBestStaysInTheRun) {
  const fs::path run_folder = train("run", 1,
                                    {"train.steps=12", "train.checkpoint_every=1", "train.keep=1",
                                     "train.keep_best={scalar: generator_loss, of: highest}"});
  std::pair<double, std::int64_t> best{-1, 0};
  for (const nlohmann::json& line : read_metrics(run_folder))
    if (line.at("generator_loss") > best.first) best = {line.at("generator_loss"), line.at("step")};
  const ProgramResult listed = checkpoint({"list", "run"});
  EXPECT_THAT(listed.output,
              testing::ContainsRegex(" " + std::to_string(best.second) + " .*highest generator_loss"));
  EXPECT_LE(list_checkpoints(run_folder).size(), 2U);
}

TEST_F(CheckpointCommandTest, WhatNoReportHasIsNotTheBestOfAnything) {
  expect_refusal(
      folder_.path(), train_arguments("new", {"train.keep_best={scalar: generator_los, of: lowest}"}), 0,
      kUserMistake, {"train.keep_best.scalar is generator_los", "generator_loss, discriminator_loss"});
  expect_refusal(folder_.path(),
                 train_arguments("new", {"train.keep_best={scalar: generator_loss, of: lowest}",
                                         "train.report_every=7", "train.checkpoint_every=20"}),
                 0, kUserMistake, {"train.checkpoint_every is 20", "every 7 steps", "multiple"});
}

TEST_F(CheckpointCommandTest, NoRunAndNoCheckpointAreSaidSo) {
  const ProgramResult no_run = checkpoint({"list", "nowhere"});
  EXPECT_EQ(no_run.exit_code, kUserMistake) << no_run.describe();
  EXPECT_THAT(no_run.errors, HasSubstr("no run here"));
  fs::remove_all(train("run", 1, {"train.steps=2"}) / "checkpoints");
  for (const char* command : {"list", "verify", "show", "prune"}) {
    const ProgramResult none = checkpoint({command, "run"});
    EXPECT_EQ(none.exit_code, kUserMistake) << none.describe();
    EXPECT_THAT(none.errors, HasSubstr("no checkpoint yet"));
  }
}

}  // namespace
}  // namespace ganymede
