// The words of the command line, before and while CLI11 takes them apart.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "base/number_range.hpp"

namespace ganymede {

// --set takes one KEY=VALUE, so that a recipe may follow it. Gives each further KEY=VALUE behind it a --set
// of its own: `--set a=1 b=2 mlp` becomes `--set a=1 --set b=2 mlp`. The program's name is left out.
std::vector<std::string> separate_overrides(int argc, const char* const* argv);

// --set KEY=VALUE, once or several times.
CLI::Option* add_set_option(CLI::App& command, std::vector<std::string>& overrides);

// The option takes a number in the range; refuses others in the range's words.
CLI::Option* expect_integer(CLI::Option* option, const Range& range);
CLI::Option* expect_number(CLI::Option* option, const Range& range);

// The option names a file or a folder; refuses what is longer than a path can be.
CLI::Option* expect_path(CLI::Option* option);

inline constexpr Range kFromZero{
    .low = 0, .high = 9e18, .expected = "an integer from 0 on", .says_high = false};
inline constexpr Range kPositive{
    .low = 0, .high = 1e15, .low_open = true, .expected = "a positive number", .says_high = false};

}  // namespace ganymede
