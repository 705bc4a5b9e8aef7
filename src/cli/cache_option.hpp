// --cache-mib, which `train` and `bench data` share.
#pragma once

#include <CLI/CLI.hpp>

#include "data/sample_cache.hpp"

namespace ganymede {

inline void add_cache_option(CLI::App& command, std::int64_t& cache_mib) {
  command
      .add_option("--cache-mib", cache_mib,
                  "A dataset up to this size stays in memory, once a host; 0 reads it in every epoch")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->capture_default_str();
}

}  // namespace ganymede
