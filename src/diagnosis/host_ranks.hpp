// Whether the ranks of a host and their threads fit its cores.
#pragma once

#include <sched.h>

#include <optional>

#include "diagnosis/finding.hpp"

namespace ganymede {

struct RankCores {
  int rank = 0;
  int threads = 1;
  cpu_set_t allowed;      // to this rank
  cpu_set_t of_launcher;  // to the mpirun that may have bound it; else as `allowed`
};

// The cores that the ranks may use, and the bound on their time, if there is one.
HostFinding examine_cores(const std::vector<RankCores>& ranks, std::optional<double> quota);

HostFinding examine_threads(const std::vector<RankCores>& ranks, std::optional<double> quota);

}  // namespace ganymede
