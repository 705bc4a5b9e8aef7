// What a command prints arrives, or the command fails: /dev/full is a full disk behind a redirection.
#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

using testing::HasSubstr;

class OutputTest : public ProgramTest {
 protected:
  ProgramResult run_into_full(const Words& arguments) const {
    return run_program(arguments, {.working_folder = folder_.path(), .output = "/dev/full"});
  }
};

TEST_F(OutputTest, OnAFullDiskIsAFailure) {
  for (const Words& command : {Words{"recipe", "show", "mlp"},
                               {"recipe", "list"},
                               {"recipe", "check", "mlp"},
                               {"dataset", "inspect", dataset().string()},
                               {"dataset", "verify", dataset().string()},
                               {"train", "--help"},
                               {"--version"}}) {
    const ProgramResult result = run_into_full(command);
    EXPECT_EQ(result.exit_code, 1) << command.front() << "\n" << result.describe();
    EXPECT_EQ(result.lines().size(), 1U) << result.describe();
    EXPECT_THAT(result.errors, HasSubstr("ganymede: standard output: "));
  }
}

TEST_F(OutputTest, OfTrainingOnAFullDiskCostsNoCheckpoint) {
  const ProgramResult result = run_into_full(train_arguments("run", {"train.steps=3"}));
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("standard output"));
  EXPECT_THAT(list_checkpoints(folder_ / "run"), testing::ElementsAre("step_00000003"));
  EXPECT_EQ(read_metrics(folder_ / "run").size(), 3U);
}

TEST_F(OutputTest, OfAMistakeKeepsItsCode) {
  EXPECT_EQ(run_into_full({"recipe", "show", "mpl"}).exit_code, 2);
}

}  // namespace
}  // namespace ganymede
