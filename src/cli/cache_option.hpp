// --cache-mib, of the commands that read samples.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"
#include "data/loading/sample_cache.hpp"

namespace ganymede {

inline void add_cache_option(CLI::App& command, std::int64_t& cache_mib) {
  constexpr Range kMebibytes{.low = 0, .high = 1e12, .expected = "an integer from 0 on", .says_high = false};
  expect_integer(
      command.add_option("--cache-mib", cache_mib,
                         "A dataset up to this size stays in memory, once a host; 0 reads it in every epoch"),
      kMebibytes)
      ->capture_default_str();
}

}  // namespace ganymede
