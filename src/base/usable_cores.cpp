#include "base/usable_cores.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// Version 2 has "200000 100000" or "max 100000" in one file, version 1 a file for each number, -1 for no
// bound.
std::optional<double> quota_of(const fs::path& group) {
  std::ifstream both(group / "cpu.max");
  double quota = 0, period = 0;
  if (!both.is_open()) {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  } else if (!(both >> quota >> period)) {
    return std::nullopt;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// A group's time is bounded by its own quota and those of the groups around it. In a container the path may
// be that of the host, where the container sees its own group as the root.
std::optional<double> smallest_quota(const fs::path& mount, const fs::path& path) {
  std::optional<double> smallest;
  for (fs::path group = path.relative_path().lexically_normal();; group = group.parent_path()) {
    if (const auto quota = quota_of(mount / group)) smallest = std::min(*quota, smallest.value_or(*quota));
    if (!group.has_relative_path()) return smallest;
  }
}

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

}  // namespace

cpu_set_t allowed_cores(pid_t process) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(process, sizeof allowed, &allowed) != 0)  // more cores than fit
    for (long core = 0; core < std::min<long>(sysconf(_SC_NPROCESSORS_ONLN), CPU_SETSIZE); ++core)
      CPU_SET(static_cast<std::size_t>(core), &allowed);
  return allowed;
}

std::optional<double> core_quota(const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");  // "0::/path" and "1:cpu,cpuacct:/path"
  std::optional<double> smallest;
  for (std::string line; std::getline(groups, line);) {
    std::istringstream parts(line);
    std::string number, controllers, path;
    std::getline(std::getline(std::getline(parts, number, ':'), controllers, ':'), path);
    const bool unified = controllers.empty();
    if (!unified && !has_word(controllers, "cpu")) continue;
    const auto quota = smallest_quota(root / "sys/fs/cgroup" / (unified ? "" : "cpu"), path);
    if (quota) smallest = std::min(*quota, smallest.value_or(*quota));
  }
  return smallest;
}

int share_of_cores(const std::vector<cpu_set_t>& allowed_of, std::size_t me, std::optional<double> quota) {
  double share = 0;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed_of[me])) continue;
    share +=
        1 / static_cast<double>(std::count_if(allowed_of.begin(), allowed_of.end(),
                                              [&](const cpu_set_t& of) { return CPU_ISSET(core, &of); }));
  }
  if (quota) share = std::min(share, *quota / static_cast<double>(allowed_of.size()));
  constexpr double kRounding = 1e-9;  // thirds do not add up to one
  return std::max(1, static_cast<int>(share + kRounding));
}

double usable_cores(const cpu_set_t& allowed, std::optional<double> quota) {
  const double cores = CPU_COUNT(&allowed);
  return std::min(cores, quota.value_or(cores));
}

int most_threads(double usable_cores) {
  constexpr double kOnACore = 8;
  return static_cast<int>(kOnACore * std::max(1.0, usable_cores));
}

std::optional<int> threads_of_openmp(const char* omp_num_threads) {
  if (!omp_num_threads) return std::nullopt;
  int threads = 0;
  const char* end = omp_num_threads + std::strlen(omp_num_threads);
  const auto [rest, error] = std::from_chars(omp_num_threads, end, threads);
  if (error != std::errc{} || threads < 1 || (rest != end && *rest != ',')) return std::nullopt;
  return threads;
}

}  // namespace ganymede
