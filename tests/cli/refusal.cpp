#include "tests/cli/refusal.hpp"

#include <algorithm>

#include "tests/support/folder_snapshot.hpp"

namespace ganymede {

void expect_refusal(const std::filesystem::path& working_folder, const Words& arguments, int ranks,
                    int exit_code, const Words& words) {
  constexpr double kSoon = 20;                  // seconds
  constexpr std::size_t kLongestMessage = 500;  // characters
  const auto before = take_snapshot(working_folder);
  const ProgramResult result =
      run_program(arguments, {.ranks = ranks, .working_folder = working_folder, .grace_seconds = 0});
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_LT(result.seconds, kSoon);
  const Words lines = result.lines();
  ASSERT_EQ(lines.size(), 1U) << "expected one line, from one rank";
  EXPECT_TRUE(lines[0].starts_with("ganymede: "));
  EXPECT_LT(lines[0].size(), kLongestMessage);
  for (const std::string& word : words) EXPECT_THAT(lines[0], testing::HasSubstr(word));
  EXPECT_TRUE(take_snapshot(working_folder) == before) << "the working folder has changed; it holds:\n"
                                                       << list_names(working_folder);
}

}  // namespace ganymede
