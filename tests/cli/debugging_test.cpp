// Stepping through a run: a rank that waits for a debugger, ranks as threads, gdb at one rank of several.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DebuggingTest : public ProgramTest {
 protected:
  Words with(Words arguments, const Words& more) const {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::unique_ptr<RunningProgram> start_held() const {
    auto program = start(with(train_arguments("run"), {"--hold-rank", "1"}), 2);
    program->wait_until("its words",
                        [&] { return program->errors().find("then continue\n") != std::string::npos; });
    return program;
  }
  void expect_refusal(const Words& arguments, int ranks, const std::string& words) const {
    const ProgramResult result = run(arguments, ranks);
    EXPECT_EQ(result.exit_code, 2) << result.describe();
    EXPECT_THAT(result.errors, HasSubstr(words));
    EXPECT_TRUE(fs::is_empty(folder_.path()));
  }
};

TEST_F(DebuggingTest, AHeldRankGoesOnOnceItIsTraced) {
  const auto program = start_held();
  const std::string words = program->errors();
  EXPECT_THAT(words,
              testing::MatchesRegex("ganymede: rank 1 waits for a debugger: gdb -p [0-9]+ on [^ ]+, then "
                                    "continue\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "metrics.jsonl"));
  const auto rank = static_cast<pid_t>(std::stol(words.substr(words.find("-p ") + 3)));
  if (ptrace(PTRACE_SEIZE, rank, nullptr, nullptr) != 0)
    GTEST_SKIP() << "needs the right to trace a process: " << std::strerror(errno);
  program->wait_until("the first step", [&] { return last_reported_step(folder_ / "run") >= 1; });
  // What happens to a traced process waits for its tracer: this one goes.
  int status = 0;
  if (ptrace(PTRACE_INTERRUPT, rank, nullptr, nullptr) == 0 && waitpid(rank, &status, __WALL) == rank &&
      WIFSTOPPED(status))
    ptrace(PTRACE_DETACH, rank, nullptr, nullptr);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(last_reported_step(folder_ / "run"), 20);
}

TEST_F(DebuggingTest, AHeldRankHearsASignal) {
  const auto program = start_held();
  program->send_signal_to_rank(1, SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
}

TEST_F(DebuggingTest, OnlyARankThatThereIsCanBeHeld) {
  expect_refusal(with(train_arguments("run"), {"--hold-rank", "2"}), 2,
                 "--hold-rank is 2, but the job has 2 ranks; expected at most 1");
}

TEST_F(DebuggingTest, RanksAsThreadsTrainTheSameWeights) {
  const fs::path processes = train("processes", 2);
  const ProgramResult result = run(with(train_arguments("threads"), {"--threads-as-ranks", "2"}));
  ASSERT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(result.errors, "");
  EXPECT_THAT(result.output, HasSubstr("2 ranks, 1 thread a rank; results in threads"));
  const fs::path threads = folder_ / "threads", checkpoint = "checkpoints/step_00000020/state.safetensors";
  EXPECT_TRUE(read_text(threads / checkpoint) == read_text(processes / checkpoint));
  EXPECT_FALSE(read_text(threads / checkpoint).empty());
  expect_equal_losses(threads, processes);
  // Each rank's log has its own words.
  EXPECT_THAT(read_text(threads / "log" / "rank_0.log"), HasSubstr("finished at step 20 of 20"));
  const std::string log = read_text(threads / "log" / "rank_1.log");
  EXPECT_THAT(log, HasSubstr("results in threads"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(DebuggingTest, RanksAsThreadsStopWithACheckpointAndGoOn) {
  const Words as_threads{"--threads-as-ranks", "3"};
  const auto program = start(with(train_arguments("run", {"train.steps=1000000"}), as_threads), 0);
  program->wait_until("step 5", [&] { return last_reported_step(folder_ / "run") >= 5; });
  program->send_signal(SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
  const std::int64_t stopped_at = last_reported_step(folder_ / "run");
  const Words settings{"train.steps=" + std::to_string(stopped_at + 2)};
  const ProgramResult result = run(with(resume_arguments("run", settings), as_threads));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("resuming at step " + std::to_string(stopped_at)));
  EXPECT_EQ(last_reported_step(folder_ / "run"), stopped_at + 2);
}

TEST_F(DebuggingTest, RanksAsThreadsRefuseWhatContradicts) {
  const auto arguments = [&](const std::string& ranks) {
    return with(train_arguments("run"), {"--threads-as-ranks", ranks});
  };
  expect_refusal(arguments("2"), 2,
                 "--threads-as-ranks 2: the ranks are to be threads of one process, but a launcher");
  expect_refusal(arguments("0"), 0, "expected an integer from 1 to 256");
  expect_refusal(arguments("17"), 0, "data.global_batch_size is 16, but there are 17 ranks");
}

// The release build has functions' names, which is enough for these.
class DebuggerTest : public DebuggingTest {
 protected:
  void SetUp() override {
    if (run_program({"--version"}, {.program = "gdb"}).exit_code != 0)
      GTEST_SKIP() << "needs gdb (launch/setup installs it)";
    if (fs::path(GANYMEDE_PROGRAM) != fs::path(GANYMEDE_SOURCE_DIR "/build/release/ganymede"))
      GTEST_SKIP() << "launch/debug looks in build/release";
  }
  ProgramResult debug(const Words& commands) const {
    Words words = train_arguments("run");
    words.erase(words.begin());
    words.insert(words.begin(), {"--ranks", "2", "--gdb", "1"});
    // All that the tests look for is in the program: LibTorch's symbols would cost seconds.
    words.insert(words.end(), {"--", "-batch", "-iex", "set auto-solib-add off"});
    for (const std::string& command : commands) words.insert(words.end(), {"-ex", command});
    return run_program(words,
                       {.program = GANYMEDE_SOURCE_DIR "/launch/debug",
                        .environment = {{"GANYMEDE_PRESET", "release"}, {"TMPDIR", folder_.path().string()}},
                        .working_folder = folder_.path(),
                        .limit_seconds = 100});
  }
  static bool may_not_trace(const ProgramResult& result) {
    return result.errors.find("ptrace: ") != std::string::npos;
  }
};

TEST_F(DebuggerTest, StopsInOneRankAndTheJobRunsToItsEnd) {
  const ProgramResult result =
      debug({"break ganymede::take_step", "continue", "backtrace", "delete", "continue"});
  if (may_not_trace(result)) GTEST_SKIP() << "needs the right to trace a process: " << result.errors;
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("rank 1 of 2, process "));
  EXPECT_THAT(result.output, testing::ContainsRegex("#0 .*ganymede::take_step"));
  EXPECT_THAT(result.output, testing::ContainsRegex("#[0-9]+ .*ganymede::run_training"));
  EXPECT_THAT(result.output, HasSubstr("exited normally"));
  EXPECT_EQ(last_reported_step(folder_ / "run"), 20);
}

TEST_F(DebuggerTest, LeavingItStopsTheRunWithACheckpoint) {
  const ProgramResult result = debug({"break ganymede::take_step", "continue", "continue"});
  if (may_not_trace(result)) GTEST_SKIP() << "needs the right to trace a process: " << result.errors;
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_EQ(list_checkpoints(folder_ / "run").size(), 1U);
}

TEST_F(DebuggerTest, AMistakeInTheRecipeIsToldAndEndsIt) {
  const ProgramResult result = run_program(
      {"nosuch"}, {.program = GANYMEDE_SOURCE_DIR "/launch/debug",
                   .environment = {{"GANYMEDE_PRESET", "release"}, {"TMPDIR", folder_.path().string()}},
                   .working_folder = folder_.path()});
  EXPECT_EQ(result.exit_code, 2) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("nosuch"));
}

}  // namespace
}  // namespace ganymede
