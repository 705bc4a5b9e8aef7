#pragma once

#include <optional>

namespace ganymede {

// Where there is no GPU, tests of one are skipped, which exit code 77 says; GANYMEDE_REQUIRE_GPU=1 makes that
// a failure.
std::optional<int> exit_code_without_gpu();

}  // namespace ganymede
