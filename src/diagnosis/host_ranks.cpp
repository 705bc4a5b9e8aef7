#include "diagnosis/host_ranks.hpp"

#include <algorithm>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/usable_cores.hpp"

namespace ganymede {
namespace {

constexpr const char* kBindLess =
    "let each rank have more cores: launch/mpirun does, and mpirun --bind-to none, --map-by slot:PE=N, srun "
    "--cpus-per-task N";

int cores_of_all(const std::vector<RankCores>& ranks, cpu_set_t RankCores::*cores) {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const RankCores& rank : ranks) CPU_OR(&all, &all, &(rank.*cores));
  return CPU_COUNT(&all);
}

int threads_of_all(const std::vector<RankCores>& ranks) {
  int threads = 0;
  for (const RankCores& rank : ranks) threads += rank.threads;
  return threads;
}

// Those with more threads than the cores that they are bound to, where the host has more.
std::vector<int> find_crammed(const std::vector<RankCores>& ranks, int cores_of_host) {
  std::vector<int> crammed;
  for (const RankCores& rank : ranks)
    if (const int own = CPU_COUNT(&rank.allowed); rank.threads > own && own < cores_of_host)
      crammed.push_back(rank.rank);
  return crammed;
}

// Whether `train` refuses a rank's threads.
bool are_too_many(const std::vector<RankCores>& ranks, std::optional<double> quota) {
  return std::any_of(ranks.begin(), ranks.end(), [&](const RankCores& rank) {
    return rank.threads > most_threads(usable_cores(rank.allowed, quota));
  });
}

std::string describe_threads(const std::vector<RankCores>& ranks) {
  const int threads = ranks.front().threads;
  const bool alike =
      std::all_of(ranks.begin(), ranks.end(), [&](const RankCores& rank) { return rank.threads == threads; });
  const std::string many = counted(std::ssize(ranks), "rank");
  return alike ? fmt::format("{} of {}", many, counted(threads, "thread"))
               : fmt::format("{} of {} together", many, counted(threads_of_all(ranks), "thread"));
}

}  // namespace

HostFinding examine_cores(const std::vector<RankCores>& ranks, std::optional<double> quota) {
  const int cores = cores_of_all(ranks, &RankCores::of_launcher);
  if (!quota || *quota >= cores)
    return {{.subject = "cores", .found = counted(cores, "core") + ", all of their time"}};
  return {
      {.verdict = Verdict::warning,
       .subject = "cores",
       .found = fmt::format("{}, but a quota (cgroup) of the time of {:.3g}", counted(cores, "core"), *quota),
       .advice = "the machine is slower than it looks: give the container more (docker --cpus, cpu.max)"}};
}

HostFinding examine_threads(const std::vector<RankCores>& ranks, std::optional<double> quota) {
  const int cores = cores_of_all(ranks, &RankCores::of_launcher);
  const int bound_to = cores_of_all(ranks, &RankCores::allowed);
  const double usable = std::min(static_cast<double>(bound_to), quota.value_or(bound_to));
  const std::string threads = describe_threads(ranks);
  HostFinding finding{{.subject = "threads"}};
  if (const std::vector<int> crammed = find_crammed(ranks, cores); !crammed.empty()) {
    finding.verdict = Verdict::problem;
    finding.found =
        fmt::format("{}; bound to fewer cores than threads: rank {}", threads, fmt::join(crammed, ", "));
    finding.advice = kBindLess;
  } else if (threads_of_all(ranks) > usable) {
    finding.verdict = are_too_many(ranks, quota) ? Verdict::problem : Verdict::warning;
    finding.found = fmt::format("{} in the time of {:.3g} core{}", threads, usable, usable == 1 ? "" : "s");
    finding.advice = "start fewer ranks on a host, or give fewer --threads";
  } else if (bound_to < cores) {
    finding.verdict = Verdict::warning;
    finding.found = fmt::format("{}, bound to {} of {}", threads, bound_to, counted(cores, "core"));
    finding.advice = kBindLess;
  } else {
    finding.found = fmt::format("{} on {}", threads, counted(cores, "core"));
  }
  return finding;
}

}  // namespace ganymede
