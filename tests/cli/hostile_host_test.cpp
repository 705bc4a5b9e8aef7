// Hosts and launchers that do not give what a job of several ranks needs.
#include <stdlib.h>
#include <unistd.h>

#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using HostileHostTest = ProgramTest;

// In a container /dev/shm has 64 MB, here a fraction of it: nothing of a run needs it.
class SmallSharedMemoryTest : public ProgramTest {
 protected:
  void SetUp() override {
    if (system("unshare -m mount -t tmpfs -o size=1m t /dev/shm 2>/dev/null") != 0)
      GTEST_SKIP() << "needs the right to mount: root";
  }
  ProgramResult run_with_small_shm(const Words& arguments) const {
    return run_program(arguments, {.ranks = 2,
                                   .working_folder = folder_.path(),
                                   .prefix = {"unshare", "-m", "sh", "-c",
                                              "mount -t tmpfs -o size=1m t /dev/shm && exec \"$@\"", "sh"}});
  }
};

TEST_F(SmallSharedMemoryTest, DoesNotKeepARunFromTraining) {
  const ProgramResult result = run_with_small_shm(train_arguments("run", {"train.steps=5"}));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(last_reported_step(folder_ / "run"), 5);
  expect_equal_losses(folder_ / "run", train("with-room", 2, {"train.steps=5"}));
}

TEST_F(SmallSharedMemoryTest, DoesNotKeepTheBenchFromMeasuring) {
  const ProgramResult result =
      run_with_small_shm({"bench", "communication", "--sizes", "4K,8M", "--seconds", "0.05"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
}

// Each rank is started by a launcher of another MPI, and takes itself for the only one.
TEST_F(HostileHostTest, RanksThatDoNotKnowOfEachOtherAreRefused) {
  const ProgramResult result =
      run_program(train_arguments("run"),
                  {.environment = {{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}, .working_folder = folder_.path()});
  EXPECT_EQ(result.exit_code, 4) << result.describe();
  ASSERT_EQ(result.lines().size(), 1U) << result.describe();
  EXPECT_THAT(result.lines()[0],
              testing::AllOf(HasSubstr("ganymede: PMI_SIZE is 2"), HasSubstr("MPI_Comm_size"),
                             HasSubstr("use the mpirun of the MPI")));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

// A rank that fails alone is named, and all leave with what it met.
TEST_F(HostileHostTest, ARankThatFailsAloneEndsTheJobAndIsNamed) {
  fs::create_directories(folder_ / "run" / "log" / "rank_1.log");  // a folder where its log should be
  Words arguments = train_arguments("run");
  arguments.emplace_back("--resume");
  const ProgramResult result = run(arguments, 3);
  EXPECT_EQ(result.exit_code, 2) << result.describe();
  EXPECT_LT(result.seconds, 20);
  ASSERT_EQ(result.lines().size(), 1U) << result.describe();
  EXPECT_THAT(result.lines()[0], testing::AllOf(HasSubstr("ganymede: rank 1: "),
                                                HasSubstr("log/rank_1.log: cannot write the log")));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "run.lock"));
}

}  // namespace
}  // namespace ganymede
