// An MPI that does not work is one line and exit code 4, not a crash.
#include <algorithm>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

class FailingMpiTest : public ProgramTest {
 protected:
  ProgramResult train_where(const std::string& function_fails, int ranks) const {
    return run_program(train_arguments("run"),
                       {.ranks = ranks,
                        .environment = {{"LD_PRELOAD", GANYMEDE_FAILING_MPI}, {"FAIL_MPI", function_fails}},
                        .working_folder = folder_.path()});
  }
};

void expect_one_line(const ProgramResult& result, const std::string& function) {
  EXPECT_EQ(result.exit_code, 4) << result.describe();
  EXPECT_TRUE(result.errors.starts_with("ganymede: ")) << result.describe();
  EXPECT_THAT(result.errors, testing::HasSubstr(function + " failed"));
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.describe();
}

TEST_F(FailingMpiTest, AtItsStart) {
  expect_one_line(train_where("MPI_Init_thread", 0), "MPI_Init_thread");
}

TEST_F(FailingMpiTest, WhereRanksMeet) {
  expect_one_line(train_where("MPI_Comm_split_type", 0), "MPI_Comm_split_type");
}

TEST_F(FailingMpiTest, OnSeveralRanksTheJobEnds) {
  EXPECT_EQ(train_where("MPI_Comm_split_type", 2).exit_code, 4);
}

}  // namespace
}  // namespace ganymede
