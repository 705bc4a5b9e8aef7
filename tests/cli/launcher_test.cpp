// launch/mpirun: whatever signal comes, and whenever, the job ends in order; and one line says why a job ends
// that did not end well.
#include <signal.h>

#include <algorithm>
#include <array>
#include <thread>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

using namespace std::chrono_literals;

const char* const kLauncher = GANYMEDE_SOURCE_DIR "/launch/mpirun";

class LauncherTest : public ProgramTest {
 protected:
  std::unique_ptr<RunningProgram> launch(Words words, const Words& more = {}) const {
    words.insert(words.end(), more.begin(), more.end());
    return std::make_unique<RunningProgram>(
        words, ProgramOptions{.program = kLauncher, .working_folder = folder_.path(), .limit_seconds = 40});
  }
  ProgramResult result_of(const Words& words) const { return launch(words)->wait(); }

  std::unique_ptr<RunningProgram> launch_training() const {
    return launch({"-n", "2", GANYMEDE_PROGRAM},
                  train_arguments("run", {"train.steps=1000000", "train.checkpoint_every=10", "train.keep=2",
                                          "train.sample_every=1000000"}));
  }
  void wait_for_step(RunningProgram& program, std::int64_t step) const {
    program.wait_until("step " + std::to_string(step),
                       [&] { return last_reported_step(run_folder_) >= step; });
  }

  void expect_checkpoint_at_the_last_step() const {
    ASSERT_FALSE(list_checkpoints(run_folder_).empty());
    EXPECT_EQ(read_manifest(run_folder_, list_checkpoints(run_folder_).back()).at("step"),
              last_reported_step(run_folder_));
  }

  // One line of the launcher's on standard error, with these words.
  static void expect_one_line(const ProgramResult& result, int exit_code, const Words& words) {
    EXPECT_EQ(result.exit_code, exit_code) << result.describe();
    EXPECT_TRUE(result.errors.starts_with("launch/mpirun: ")) << result.describe();
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.describe();
    for (const std::string& word : words) EXPECT_THAT(result.errors, testing::HasSubstr(word));
  }

  const fs::path run_folder_ = folder_ / "run";
};

// Nothing is started, and the file is not there.
TEST_F(LauncherTest, ADryRunPrintsTheCommandOnly) {
  const ProgramResult result =
      result_of({"--dry-run", "--host", "one,two", "-n", "2", "absent", "two words"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_TRUE(result.errors.empty()) << result.describe();
  EXPECT_THAT(result.output, testing::HasSubstr("OMPI_MCA_oob_tcp_keepalive_time=5 "));
  EXPECT_THAT(result.output, testing::HasSubstr("OMPI_MCA_hwloc_base_binding_policy=none "));
  EXPECT_THAT(result.output, testing::EndsWith("mpirun --host one\\,two -n 2 absent two\\ words\n"));
}

struct SignalCase {
  int signal;
  const char* target;
};

class LauncherSignalTest : public LauncherTest, public testing::WithParamInterface<SignalCase> {};

TEST_P(LauncherSignalTest, WritesACheckpointAndEnds) {
  const auto program = launch_training();
  wait_for_step(*program, 5);
  const auto [signal, target] = GetParam();
  if (target == std::string("launcher")) program->send_signal(signal);
  if (target == std::string("mpirun")) program->send_signal_to_inner_mpirun(signal);
  if (target == std::string("rank")) program->send_signal_to_rank(1, signal);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_EQ(result.errors, "");
  expect_checkpoint_at_the_last_step();
}

std::string name_of(const testing::TestParamInfo<SignalCase>& info) {
  return sigabbrev_np(info.param.signal) + std::string("To_") + info.param.target;
}

INSTANTIATE_TEST_SUITE_P(Signals, LauncherSignalTest,
                         testing::Values(SignalCase{SIGHUP, "launcher"}, SignalCase{SIGINT, "launcher"},
                                         SignalCase{SIGQUIT, "launcher"}, SignalCase{SIGTERM, "launcher"},
                                         SignalCase{SIGUSR1, "launcher"}, SignalCase{SIGUSR1, "mpirun"},
                                         SignalCase{SIGHUP, "rank"}, SignalCase{SIGINT, "rank"},
                                         SignalCase{SIGQUIT, "rank"}, SignalCase{SIGTERM, "rank"},
                                         SignalCase{SIGUSR1, "rank"}),
                         name_of);

// While mpirun, the ranks, MPI and LibTorch start: nothing is left, and no half-made run. From when the
// launcher itself has read its first lines.
class EarlySignalTest : public LauncherTest, public testing::WithParamInterface<int> {};

TEST_P(EarlySignalTest, EndsTheJob) {
  static constexpr std::array kSignals{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
  const auto program = launch_training();
  program->wait_until("a handler", [&] { return program->is_prepared_for(SIGUSR1); });
  std::this_thread::sleep_for(GetParam() * 1ms);
  program->send_signal(kSignals[static_cast<std::size_t>(GetParam() / 50) % kSignals.size()]);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_TRUE(!fs::exists(run_folder_) || !list_checkpoints(run_folder_).empty());
}

INSTANTIATE_TEST_SUITE_P(Milliseconds, EarlySignalTest, testing::Values(0, 50, 100, 300, 550, 800, 1200));

class SecondLauncherSignalTest : public LauncherTest, public testing::WithParamInterface<int> {};

TEST_P(SecondLauncherSignalTest, EndsAJobWhoseRankIsStopped) {
  const int signal = GetParam();
  const auto program = launch_training();
  wait_for_step(*program, 5);
  program->send_signal_to_rank(1, SIGSTOP);
  program->send_signal(signal);
  std::this_thread::sleep_for(1200ms);
  program->send_signal(signal);
  const auto second = std::chrono::steady_clock::now();
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, 128 + signal) << result.describe();
  EXPECT_LT(std::chrono::steady_clock::now() - second, 10s);
  EXPECT_THAT(result.errors, testing::HasSubstr(std::string("second signal, ") + sigabbrev_np(signal)));
}

INSTANTIATE_TEST_SUITE_P(Signals, SecondLauncherSignalTest,
                         testing::Values(SIGHUP, SIGINT, SIGTERM, SIGUSR1));

// A rank that is stopped hangs nobody for longer than the deadline; the launcher's own word is of another
// kind.
TEST_F(LauncherTest, AHangingRankEndsTheJobWithOneReason) {
  const auto program =
      launch({"-n", "2", GANYMEDE_PROGRAM},
             train_arguments("run", {"train.steps=1000000", "communication.deadline_seconds=2"}));
  wait_for_step(*program, 5);
  program->send_signal_to_rank(1, SIGSTOP);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, 4) << result.describe();
  EXPECT_THAT(result.errors, testing::AllOf(testing::HasSubstr("ganymede: rank 0 on "),
                                            testing::HasSubstr(", for rank 1 on "),
                                            testing::Not(testing::HasSubstr("ended the job"))));
}

TEST_F(LauncherTest, SignalsTogetherCountAsOne) {
  const auto program = launch_training();
  wait_for_step(*program, 5);
  for (const int signal : {SIGHUP, SIGTERM, SIGHUP}) program->send_signal(signal);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
  expect_checkpoint_at_the_last_step();
}

TEST_F(LauncherTest, NamesAStoppedRank) {
  const auto program = launch({"-n", "2", "sleep", "30"});
  std::this_thread::sleep_for(1s);
  program->send_signal_to_rank(1, SIGSTOP);
  program->wait_until("a word about the rank",
                      [&] { return program->errors().find("rank 1 is stopped") != std::string::npos; });
  program->send_signal(SIGTERM);
  program->wait();
}

TEST_F(LauncherTest, AKilledMpirunTakesTheRanksWithIt) {
  const auto program = launch_training();
  wait_for_step(*program, 5);
  program->send_signal_to_inner_mpirun(SIGKILL);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
  EXPECT_THAT(result.errors, testing::HasSubstr("mpirun was ended by signal 9"));
}

TEST_F(LauncherTest, NothingOutlivesItWhenItIsKilled) {
  const auto program = launch_training();
  wait_for_step(*program, 5);
  program->send_signal(SIGKILL);
  EXPECT_EQ(program->wait().exit_code, 128 + SIGKILL);
}

TEST_F(LauncherTest, ALostRankIsNamed) {
  const Words kill{"-n", "2", "sh", "-c",
                   "sleep 0.5; [ $OMPI_COMM_WORLD_RANK = 0 ] || kill -KILL $$; exec sleep 20"};
  expect_one_line(result_of(kill), 128 + SIGKILL, {"rank 1 on ", "signal 9, Killed"});
  const Words crash{"-n", "2", "sh", "-c",
                    "sleep 0.5; [ $OMPI_COMM_WORLD_RANK = 1 ] || kill -SEGV $$; exec sleep 20"};
  expect_one_line(result_of(crash), 128 + SIGSEGV, {"rank 0 on ", "signal 11, Segmentation fault"});
  expect_one_line(result_of({"-n", "1", "sh", "-c", "sleep 0.5; exit 7"}), 7, {"exit code 7"});
}

// Its rank 1 dies in the first two of its lives.
TEST_F(LauncherTest, StartsAFailedJobAgain) {
  const Words dying{
      "-n",
      "2",
      "sh",
      "-c",
      "[ $OMPI_COMM_WORLD_RANK = 1 ] || exec sleep 1; echo >>lives; [ $(wc -l <lives) -gt 2 ] || kill "
      "-KILL $$",
      "--resume"};
  const auto with = [&](Words words) {
    fs::remove(folder_ / "lives");
    words.insert(words.end(), dying.begin(), dying.end());
    return result_of(words);
  };
  const ProgramResult enough = with({"--restarts", "3"});
  EXPECT_EQ(enough.exit_code, 0) << enough.describe();
  EXPECT_THAT(enough.errors, testing::HasSubstr("starting again from the last checkpoint (restart 2 of 3)"));
  EXPECT_THAT(enough.errors, testing::Not(testing::HasSubstr("restart 3 of 3")));
  const ProgramResult too_few = with({"--restarts", "1"});
  EXPECT_EQ(too_few.exit_code, 128 + SIGKILL) << too_few.describe();
}

TEST_F(LauncherTest, StartsNothingAgainThatWasStoppedOrRefused) {
  for (const int code : {0, 2, 3, 75}) {
    const ProgramResult result =
        result_of({"--restarts", "2", "-n", "1", "sh", "-c", "exit " + std::to_string(code), "--resume"});
    EXPECT_EQ(result.exit_code, code) << result.describe();
    EXPECT_THAT(result.errors, testing::Not(testing::HasSubstr("starting again")));
  }
  const auto program = launch({"--restarts", "2", "-n", "2", GANYMEDE_PROGRAM},
                              train_arguments("run", {"train.steps=1000000"}));
  expect_one_line(program->wait(), 2, {"--restarts", "expected --resume among its words"});
}

TEST_F(LauncherTest, KeepsToItselfWhatMpirunsLibrariesSayOfAnEnd) {
  const ProgramResult result = result_of(
      {"-n", "1", "sh", "-c",
       "echo '[warn] Epoll MOD(1) on fd 27 failed. Old events were 6; read change was 0 (none): Bad file "
       "descriptor' >&2; echo '[vm:1] Wrote -1, expected 64, errno = 3' >&2; echo of the rank >&2"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(result.errors, "of the rank\n") << result.describe();
}

// What ranks on other hosts see of the environment.
TEST_F(LauncherTest, PassesTheEnvironmentOnToOtherHosts) {
  RunningProgram program({"--dry-run", "--host", "one,two", "-n", "2", "true"},
                         {.program = kLauncher, .environment = {{"GANYMEDE_DATA", "/scratch"}}});
  EXPECT_THAT(program.wait().output, testing::HasSubstr("GANYMEDE_DATA"));
  RunningProgram asked({"--dry-run", "--host", "one,two", "-x", "PATH", "-n", "2", "true"},
                       {.program = kLauncher, .environment = {{"GANYMEDE_DATA", "/scratch"}}});
  EXPECT_THAT(asked.wait().output, testing::Not(testing::HasSubstr("GANYMEDE_DATA")));
}

TEST_F(LauncherTest, AMistakeInItsWordsIsOneLine) {
  expect_one_line(result_of({"-n", "2", "./nosuch"}), 2, {"cannot start ./nosuch"});
  expect_one_line(result_of({"--restarts", "-n", "2", "true"}), 2, {"--restarts is given '-n'"});
  expect_one_line(result_of({"--shrink", "-n", "2", "true"}), 2, {"expected --restarts N, too"});
  expect_one_line(result_of({"--restarts", "1", "--shrink", "-n", "2", "true", "--resume"}), 2,
                  {"expected --hostfile FILE or --host LIST"});
  expect_one_line(result_of({"-n", "2", "nosuch"}), 2, {"cannot start nosuch"});
  expect_one_line(result_of({"-n", "2", "--nosuch", "true"}), 2, {"unknown option \"--nosuch\""});
  expect_one_line(result_of({"-n", "two", "true"}), 2, {"-n is given 'two'"});
  expect_one_line(result_of({"-n", "2"}), 2, {"which program?"});
  expect_one_line(result_of({"--host", "localhost:2", "-n", "3", "true"}), 2,
                  {"fewer slots than the 3 ranks"});
}

TEST_F(LauncherTest, ARanksOwnWordsAreEnough) {
  const ProgramResult result = result_of({"-n", "2", GANYMEDE_PROGRAM, "train", "nosuch"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(result.errors.starts_with("ganymede: ")) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
}

TEST_F(LauncherTest, ManyRanksAreWelcomeHoweverTheyAreAskedFor) {
  for (const char* option : {"-n", "--n", "-np", "--np", "-c", "-N"})
    EXPECT_EQ(result_of({option, "9", "printenv", "OMPI_MCA_mpi_yield_when_idle"}).output,
              "1\n1\n1\n1\n1\n1\n1\n1\n1\n")
        << option;
  EXPECT_EQ(result_of({"-n", "5", "echo", "-n", "a", ":", "-n", "4", "echo", "a"}).exit_code, 0);
}

TEST_F(LauncherTest, OneRankHasAllCores) {
  const ProgramResult alone = run_program({}, {.program = "nproc"});
  EXPECT_EQ(result_of({"-n", "1", "nproc"}).output, alone.output);
  EXPECT_EQ(result_of({"-n", "1", "--bind-to", "core", "nproc"}).output, "1\n");
}

}  // namespace
}  // namespace ganymede
