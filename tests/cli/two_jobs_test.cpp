// Jobs that meet in one run folder, or would if they were let.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TwoJobsTest : public ProgramTest {
 protected:
  // Of a run without a name.
  Words unnamed_arguments(const Words& settings = {}) const {
    Words arguments = train_arguments("", settings);
    const auto run = std::find(arguments.begin(), arguments.end(), "--run");
    arguments.erase(run, run + 2);
    return arguments;
  }
};

TEST_F(TwoJobsTest, ThatStartAtOnceGetFoldersOfTheirOwn) {
  const auto first = start(unnamed_arguments({"seed=1", "train.steps=5"}), 0);
  const auto second = start(unnamed_arguments({"seed=2", "train.steps=5"}), 0);
  EXPECT_EQ(first->wait().exit_code, 0);
  EXPECT_EQ(second->wait().exit_code, 0);
  std::set<std::string> seeds;
  for (const char* run : {"runs/mlp-1", "runs/mlp-2"}) {
    EXPECT_EQ(last_reported_step(folder_ / run), 5) << run;
    EXPECT_FALSE(fs::exists(folder_ / run / "run.lock"));
    const std::string recipe = read_text(folder_ / run / "recipe.yaml");
    seeds.insert(recipe.substr(recipe.find("seed:"), 7));
  }
  EXPECT_EQ(seeds.size(), 2U);
}

TEST_F(TwoJobsTest, AResumeBesideALivingJobIsRefused) {
  const auto program =
      start(train_arguments("run", {"train.steps=1000000", "train.checkpoint_every=10", "train.keep=2"}), 2);
  program->wait_until("step 25", [&] { return last_reported_step(folder_ / "run") >= 25; });
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  for (const int ranks : {0, 2}) {
    const ProgramResult refused = run(resume_arguments("run"), ranks);
    EXPECT_EQ(refused.exit_code, kUserMistake) << refused.describe();
    ASSERT_EQ(refused.lines().size(), 1U) << refused.describe();
    EXPECT_THAT(
        refused.lines()[0],
        testing::AllOf(HasSubstr("run: another process works in this run folder: host "),
                       HasSubstr(host.data()), HasSubstr("pid "), HasSubstr("since 20"), HasSubstr("--run")));
  }
  program->send_signal(SIGUSR1);
  EXPECT_EQ(program->wait().exit_code, 75);
  const std::string last = "train.steps=" + std::to_string(last_reported_step(folder_ / "run") + 1);
  resume("run", 2, {last});
}

TEST_F(TwoJobsTest, AKilledJobDoesNotKeepItsFolder) {
  const auto program =
      start(train_arguments("run", {"train.steps=1000000", "train.checkpoint_every=10", "train.keep=2"}), 0);
  program->wait_until("step 25", [&] { return last_reported_step(folder_ / "run") >= 25; });
  program->send_signal(SIGKILL);
  program->wait();
  EXPECT_TRUE(fs::exists(folder_ / "run" / "run.lock"));
  const std::string last = "train.steps=" + std::to_string(last_reported_step(folder_ / "run") + 1);
  resume("run", 0, {last});
  EXPECT_FALSE(fs::exists(folder_ / "run" / "run.lock"));
}

TEST_F(TwoJobsTest, AStartThatFailsLeavesNoFolder) {
  expect_refusal(folder_.path(), unnamed_arguments({"data.path=absent"}), 2, kUserMistake, {"absent"});
  // Found out only once the folder is claimed.
  expect_refusal(folder_.path(), unnamed_arguments({"gan.feature_matching.layer=9"}), 2, kUserMistake,
                 {"gan.feature_matching.layer is 9"});
}

TEST_F(TwoJobsTest, AResumeStartsARunBesideOtherFiles) {
  fs::create_directory(folder_ / "run");
  write_text(folder_ / "run" / "slurm-1.out", "");
  Words arguments = train_arguments("run", {"train.steps=2"});
  arguments.emplace_back("--resume");
  const ProgramResult result = run(arguments, 0);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(last_reported_step(folder_ / "run"), 2);
}

}  // namespace
}  // namespace ganymede
