// How much of a host's processors a process may use: for the number of its threads.
#pragma once

#include <sched.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace ganymede {

// The cores that a process, this one by default, may run on.
cpu_set_t allowed_cores(pid_t process = 0);

// The bound on processor time of this process's control groups, version 1 or 2, in cores: a container's or a
// batch system's. None without one. The system's files are looked for below `root`.
std::optional<double> core_quota(const std::filesystem::path& root = "/");

// Threads for process `me` of those that compute on a host, at least 1: it shares each core that it is
// allowed with the others that are, and the quota with all of them.
int share_of_cores(const std::vector<cpu_set_t>& allowed_of, std::size_t me, std::optional<double> quota);

// The time that a process which is allowed these cores may use, in cores.
double usable_cores(const cpu_set_t& allowed, std::optional<double> quota);

// Threads of a process that this time still serves, if slowly: with some tens on a core a step takes minutes.
int most_threads(double usable_cores);

// The first number of OMP_NUM_THREADS ("4", "4,2"); none if it is null or something else.
std::optional<int> threads_of_openmp(const char* omp_num_threads);

}  // namespace ganymede
