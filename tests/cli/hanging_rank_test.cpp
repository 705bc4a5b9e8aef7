// A rank that does not come to where the others wait for it: the job ends soon after the deadline, the rank
// is named, nothing is left.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr double kDeadlineSeconds = 2;
// Of the program with its dataset to load, and of ending a job whose stopped process mpirun has to kill.
constexpr double kOtherSeconds = 15;

struct Hang {
  const char* name;
  const char* fault;  // FAIL_MPI
  const char* operation;
  Words settings = {};
};

class HangingRankTest : public ProgramTest {
 protected:
  Words endless_arguments(const Words& settings = {}) const {
    Words keys{"train.steps=1000000", "train.checkpoint_every=1000000", "train.sample_every=1000000",
               "communication.deadline_seconds=" + std::to_string(kDeadlineSeconds)};
    keys.insert(keys.end(), settings.begin(), settings.end());
    return train_arguments("run", keys);
  }

  ProgramResult run_with(const std::string& fault, const Words& arguments, int ranks = 3) const {
    return run_program(arguments, {.ranks = ranks,
                                   .environment = {{"LD_PRELOAD", GANYMEDE_FAILING_MPI}, {"FAIL_MPI", fault}},
                                   .working_folder = folder_.path()});
  }

  // The lowest rank's words alone are on standard error.
  static void expect_named(const ProgramResult& result, const std::string& who,
                           const std::string& operation) {
    EXPECT_EQ(result.exit_code, 4) << result.describe();
    EXPECT_LT(result.seconds, kDeadlineSeconds + kOtherSeconds) << result.describe();
    EXPECT_TRUE(result.errors.starts_with("ganymede: " + who + " on ")) << result.describe();
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.describe();
    EXPECT_THAT(result.errors, HasSubstr("communication.deadline_seconds is 2"));
    EXPECT_THAT(result.errors, HasSubstr(" s in " + operation));
  }
};

class KindOfWaitTest : public HangingRankTest, public testing::WithParamInterface<Hang> {};

TEST_P(KindOfWaitTest, EndsAtTheDeadlineAndNamesTheRankThatIsStopped) {
  const Hang& hang = GetParam();
  const ProgramResult result = run_with(hang.fault, endless_arguments(hang.settings));
  expect_named(result, "rank 0", hang.operation);
  EXPECT_THAT(result.errors, testing::AllOf(HasSubstr(", for rank 1 on "), HasSubstr("which does not answer"),
                                            testing::Not(HasSubstr("rank 2"))));
  const std::string other = read_text(folder_ / "run" / "log" / "rank_2.log");
  EXPECT_THAT(other, testing::AllOf(HasSubstr("rank 2 on "), HasSubstr(hang.operation),
                                    HasSubstr("which does not answer")));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, KindOfWaitTest,
    testing::Values(Hang{"AllReduce", "MPI_Allreduce:30:1:stop", "all_reduce of 5 numbers, step "},
                    Hang{"AllGather", "MPI_Allgather:30:1:stop", "all_gather of "},
                    Hang{"Sum",
                         "MPI_Isend:200:1:stop",
                         "the sum of gradients of network ",
                         {"communication.node_sharing=off", "communication.overlap=off"}},
                    Hang{"SumInTheBackground",
                         "MPI_Isend:200:1:stop",
                         "the sum",
                         {"communication.node_sharing=off", "communication.overlap=on"}}),
    [](const auto& kind) { return kind.param.name; });

// Of the ranks of a host, which wait in shared memory.
TEST_F(HangingRankTest, AtAGate) {
  const auto program = start(endless_arguments(), 2);
  program->wait_until("step 5", [&] { return last_reported_step(folder_ / "run") >= 5; });
  program->send_signal_to_rank(1, SIGSTOP);
  const ProgramResult result = program->wait();
  expect_named(result, "rank 0", "");
  EXPECT_THAT(result.errors, HasSubstr(", for rank 1 on "));
}

TEST_F(HangingRankTest, TheFirstRankIsNamedByTheNext) {
  const ProgramResult result = run_with("MPI_Allreduce:30:0:stop", endless_arguments());
  expect_named(result, "rank 1", "all_reduce of 5 numbers, step ");
  EXPECT_THAT(result.errors, HasSubstr(", for rank 0 on "));
}

// At the last wait of all.
TEST_F(HangingRankTest, AtTheEndOfTheJob) {
  Words arguments = train_arguments("run", {"train.steps=2", "communication.deadline_seconds=2"});
  const ProgramResult result = run_with("MPI_Barrier:2:1:stop", arguments, 2);
  expect_named(result, "rank 0", "the end of the job");
  const ProgramResult finalizing = run_with(
      "MPI_Finalize:1:1:stop",
      [&] {
        arguments.emplace_back("--resume");
        return arguments;
      }(),
      2);
  EXPECT_EQ(finalizing.exit_code, 4) << finalizing.describe();
  EXPECT_THAT(finalizing.errors, HasSubstr("the end of the job"));
}

TEST_F(HangingRankTest, ARankThatExitsEarlyEndsTheJob) {
  const ProgramResult result = run_with("MPI_Allreduce:30:1:exit", endless_arguments());
  EXPECT_NE(result.exit_code, 0) << result.describe();
  EXPECT_LT(result.seconds, kDeadlineSeconds + kOtherSeconds);
}

TEST_F(HangingRankTest, ARankThatThrowsBetweenTwoCollectivesEndsTheJob) {
  const ProgramResult result = run_with("MPI_Allreduce:30:1:error", endless_arguments());
  EXPECT_EQ(result.exit_code, 4) << result.describe();
  EXPECT_LT(result.seconds, kOtherSeconds);
  EXPECT_TRUE(result.errors.starts_with("ganymede: rank 1: ")) << result.describe();
}

// A rank that comes late is a warning, and the run goes on.
TEST_F(HangingRankTest, ALateRankIsAWarning) {
  const fs::path run = folder_ / "run";
  const auto program = start(endless_arguments({"communication.deadline_seconds=20"}), 2);
  program->wait_until("step 5", [&] { return last_reported_step(run) >= 5; });
  program->send_signal_to_rank(1, SIGSTOP);
  program->wait_until("a word in the log", [&] {
    return read_text(run / "log" / "rank_0.log").find("after 20 s the job ends") != std::string::npos;
  });
  const std::int64_t before = last_reported_step(run);
  program->send_signal_to_rank(1, SIGCONT);
  program->wait_until("more steps", [&] { return last_reported_step(run) > before + 5; });
  program->send_signal_to_rank(0, SIGTERM);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_THAT(result.output, testing::AllOf(HasSubstr("rank 0 on "), HasSubstr(", for rank 1 on "),
                                            HasSubstr("which does not answer; after 20 s the job ends")));
}

// Stopped together, as by Ctrl-Z, nobody waits.
TEST_F(HangingRankTest, AJobThatIsStoppedAsAWholeGoesOn) {
  const fs::path run = folder_ / "run";
  const auto program = start(endless_arguments(), 2);
  program->wait_until("step 5", [&] { return last_reported_step(run) >= 5; });
  for (const int rank : {0, 1}) program->send_signal_to_rank(rank, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::duration<double>(kDeadlineSeconds + 1));
  const std::int64_t before = last_reported_step(run);
  for (const int rank : {0, 1}) program->send_signal_to_rank(rank, SIGCONT);
  program->wait_until("more steps", [&] { return last_reported_step(run) > before + 5; });
  program->send_signal_to_rank(0, SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
}

// It gets every second moment only, and computes all the longer.
TEST_F(HangingRankTest, ASlowRankIsNamed) {
  const fs::path log = folder_ / "run" / "log" / "rank_0.log";
  const auto program = start(endless_arguments({"train.report_every=50", "data.global_batch_size=256"}), 2);
  program->wait_until("a word about rank 1", [&] {
    if (fs::exists(log)) {
      using namespace std::chrono_literals;
      program->send_signal_to_rank(1, SIGSTOP);
      std::this_thread::sleep_for(80ms);
      program->send_signal_to_rank(1, SIGCONT);
      std::this_thread::sleep_for(15ms);
    }
    return read_text(log).find(" is slow: ") != std::string::npos;
  });
  program->send_signal_to_rank(0, SIGTERM);
  const ProgramResult result = program->wait();
  EXPECT_EQ(result.exit_code, kStoppedOnRequest) << result.describe();
  EXPECT_THAT(result.output, HasSubstr(" is slow: it computed for "));
}

}  // namespace
}  // namespace ganymede
