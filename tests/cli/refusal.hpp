// What a user gets for a mistake: one clear line from one rank, soon, and nothing made or lost.
#pragma once

#include "tests/cli/program_test.hpp"

namespace ganymede {

inline constexpr int kUserMistake = 2, kBadData = 3;

// The line must contain each of `words`: the thing, what was found, what was expected, what to do.
void expect_refusal(const std::filesystem::path& working_folder, const Words& arguments, int ranks,
                    int exit_code, const Words& words);

}  // namespace ganymede
