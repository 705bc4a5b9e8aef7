// The tests' own guard: a run that hangs is killed with all its ranks, and named.
#include <gtest/gtest-spi.h>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

using RunProgramTest = ProgramTest;

TEST_F(RunProgramTest, ARunPastItsLimitIsKilledAndFailsTheTest) {
  Words arguments = train_arguments("run", {"train.steps=1000000"});
  const ProgramOptions options{.ranks = 2, .working_folder = folder_.path(), .limit_seconds = 2};
  ProgramResult result;
  EXPECT_NONFATAL_FAILURE(result = run_program(arguments, options), "killed after 2");
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_LT(result.seconds, 10);
}

}  // namespace
}  // namespace ganymede
