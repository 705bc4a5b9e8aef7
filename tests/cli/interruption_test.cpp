// Signals and dying ranks: nothing is lost, and the run goes on as if nothing had happened.
#include <signal.h>

#include <thread>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class InterruptionTest : public ProgramTest {
 protected:
  // A run of far more steps than it will get.
  std::unique_ptr<RunningProgram> start_long_run(int ranks, int grace_seconds = 1) const {
    const Words settings{"train.steps=1000000", "train.checkpoint_every=10", "train.keep=2",
                         "train.sample_every=1000000"};
    auto program = start(train_arguments("run", settings), ranks, grace_seconds);
    program->wait_until("step 25", [&] { return last_reported_step(run_folder_) >= 25; });
    return program;
  }

  // Resumes for a few steps more; an uninterrupted run has the same weights and losses.
  void expect_nothing_lost(int ranks) const {
    const std::int64_t stopped_at = last_reported_step(run_folder_);
    const std::string last = "train.steps=" + std::to_string(stopped_at + 5);
    const Words settings{last, "train.checkpoint_every=1000000", "train.sample_every=1000000"};
    resume("run", ranks, settings);
    const fs::path whole = train("whole", ranks, settings);
    expect_equal_losses(run_folder_, whole);
    ASSERT_FALSE(list_checkpoints(whole).empty());
    const std::string checkpoint = list_checkpoints(whole).back();
    EXPECT_EQ(weights_checksum(run_folder_, checkpoint), weights_checksum(whole, checkpoint));
  }

  void expect_checkpoint_at_the_last_step() const {
    ASSERT_FALSE(list_checkpoints(run_folder_).empty());
    EXPECT_EQ(read_manifest(run_folder_, list_checkpoints(run_folder_).back()).at("step"),
              last_reported_step(run_folder_));
  }

  const fs::path run_folder_ = folder_ / "run";
};

TEST_F(InterruptionTest, AUserSignalToMpirunStopsAllRanksWithACheckpoint) {
  const auto program = start_long_run(2);
  program->send_signal(SIGUSR1);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_THAT(result.output, testing::HasSubstr("stopped on request"));
  expect_checkpoint_at_the_last_step();
  expect_nothing_lost(2);
}

TEST_F(InterruptionTest, ATermSignalToOneRankStopsAllRanksWithACheckpoint) {
  const auto program = start_long_run(2);
  program->send_signal_to_rank(1, SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
  expect_checkpoint_at_the_last_step();
}

// mpirun passes SIGTERM on in their place, but ends with a code of its own (1) whatever the ranks return, and
// kills them after a second unless it is given more.
class SignalToMpirunTest : public InterruptionTest, public testing::WithParamInterface<int> {};

TEST_P(SignalToMpirunTest, StopsAllRanksWithACheckpoint) {
  const auto program = start_long_run(2, /*grace_seconds=*/5);
  program->send_signal(GetParam());
  EXPECT_NE(program->wait().exit_code, 0);
  expect_checkpoint_at_the_last_step();
  if (GetParam() == SIGTERM) expect_nothing_lost(2);
}

INSTANTIATE_TEST_SUITE_P(Signals, SignalToMpirunTest, testing::Values(SIGHUP, SIGINT, SIGTERM));

TEST_F(InterruptionTest, AnyOfItsSignalsStopsARunWithoutMpirun) {
  const auto program = start_long_run(0);
  program->send_signal(SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
  expect_checkpoint_at_the_last_step();
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1}) {
    const auto resumed = start(resume_arguments("run"), 0);
    const std::int64_t stopped_at = last_reported_step(run_folder_);
    resumed->wait_until("a step more", [&] { return last_reported_step(run_folder_) > stopped_at; });
    resumed->send_signal(signal);
    EXPECT_EQ(resumed->wait().exit_code, kStoppedOnRequest) << "signal " << signal;
    expect_checkpoint_at_the_last_step();
  }
}

TEST_F(InterruptionTest, ASignalBeforeTheFirstStepLeavesNoHalfMadeRun) {
  for (const int ranks : {0, 2}) {
    const auto program = start(train_arguments("early", {"train.steps=1000000"}), ranks);
    program->wait_until("a handler", [&] { return program->catches(SIGTERM); });
    ranks ? program->send_signal_to_rank(0, SIGTERM) : program->send_signal(SIGTERM);
    const ProgramResult result = program->wait();
    EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
    EXPECT_TRUE(result.errors.starts_with("ganymede: ")) << result.errors;
    EXPECT_THAT(result.errors, testing::HasSubstr("stopped on request"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  }
}

// The other rank waits for the one that is stopped.
class SecondSignalTest : public InterruptionTest, public testing::WithParamInterface<int> {};

TEST_P(SecondSignalTest, EndsARankThatWaits) {
  const auto program = start_long_run(2);
  program->send_signal_to_rank(1, SIGSTOP);
  for (int i = 0; i < 2; ++i) {
    program->send_signal_to_rank(0, GetParam());
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  }
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, 128 + GetParam()) << result.describe();
}

INSTANTIATE_TEST_SUITE_P(Signals, SecondSignalTest, testing::Values(SIGHUP, SIGINT, SIGTERM, SIGUSR1));

TEST_F(InterruptionTest, ASecondUserSignalToMpirunEndsAllRanks) {
  const auto program = start_long_run(2);
  program->send_signal_to_rank(1, SIGSTOP);
  for (int i = 0; i < 2; ++i) {
    program->send_signal(SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  }
  EXPECT_EQ(program->wait().exit_code, 128 + SIGUSR1);
}

TEST_F(InterruptionTest, AKilledRankEndsTheJobAndLosesNothing) {
  const auto program = start_long_run(2);
  program->send_signal_to_rank(1, SIGKILL);
  const ProgramResult result = program->wait();
  EXPECT_NE(result.exit_code, 0);
  EXPECT_LT(result.seconds, 30);
  expect_nothing_lost(2);
}

TEST_F(InterruptionTest, AKilledFirstRankEndsTheJob) {
  const auto program = start_long_run(2);
  program->send_signal_to_rank(0, SIGKILL);
  EXPECT_NE(program->wait().exit_code, 0);
  EXPECT_FALSE(list_checkpoints(run_folder_).empty());
}

}  // namespace
}  // namespace ganymede
