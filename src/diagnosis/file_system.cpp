#include "diagnosis/file_system.hpp"

#include "base/clock.hpp"
#include "base/counted.hpp"
#include "base/failure.hpp"
#include "storage/atomic_file.hpp"
#include "storage/checksum.hpp"
#include "training/run_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kProbeBytes = 1 << 20;
constexpr double kSlowSeconds = 1;  // for so many
constexpr std::uintmax_t kLittleRoom = std::uintmax_t{1} << 30;

std::string in_gigabytes(std::uintmax_t bytes) {
  return bytes < kLittleRoom ? fmt::format("{} MB", bytes >> 20) : fmt::format("{} GB", bytes >> 30);
}

// Of the folders above a run's, the nearest that there is: a run makes what is missing.
fs::path nearest_folder(fs::path folder) {
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

// Work that says what is wrong by throwing.
template <typename Work>
auto problem_unless(const std::string& subject, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    const Finding problem{
        .verdict = Verdict::problem, .subject = subject, .found = describe_failure(error).message};
    return {problem};
  }
}

}  // namespace

HostFinding examine_dataset(const std::string& name, const fs::path& folder,
                            const ShardChoice& shards_of_host) {
  const std::string subject = "data " + name;
  return problem_unless(subject, [&]() -> HostFinding {
    const DatasetIndex index = read_index_file(folder);
    for (const std::size_t shard : shards_of_host(index)) check_shard_file(index, shard);
    return {{.subject = subject,
             .found = fmt::format(
                 "{}, {} in {}, index {:08x}", folder.string(), counted(index.samples, "sample"),
                 counted(std::ssize(index.shards), "shard"), crc32_of_file(folder / kIndexFileName))},
            Difference{Verdict::problem, "the hosts hold different datasets: copy one to all of them"}};
  });
}

HostFinding examine_run_place(const fs::path& run) {
  const std::string subject = "run folder";
  return problem_unless(subject, [&]() -> HostFinding {
    const fs::path folder = nearest_folder(run), file = temporary_path_beside(folder / "doctor");
    require(fs::is_directory(folder), "{}: {} is no folder; choose another one with --run", run.string(),
            folder.string());
    const Stopwatch stopwatch;
    write_file_atomically(file, std::string(kProbeBytes, 'x'));
    const double seconds = stopwatch.seconds();
    fs::remove(file);
    const std::uintmax_t room = fs::space(folder).available;
    HostFinding finding{
        {.subject = subject, .found = fmt::format("{}, {} free", run.string(), in_gigabytes(room))}};
    if (seconds > kSlowSeconds) {
      finding.verdict = Verdict::warning;
      finding.found += fmt::format("; 1 MB took {:.1f} s to write, sync and rename", seconds);
      finding.advice = "training waits while checkpoints are written: choose a faster disk with --run";
    }
    if (room < kLittleRoom) {
      finding.verdict = Verdict::warning;
      finding.advice = "checkpoints may not fit: free some space, or choose another folder with --run";
    }
    return finding;
  });
}

Finding examine_lock(const std::string& run) {
  return problem_unless("run lock", [&]() -> Finding {
    const ClaimedRun claimed = run.empty() ? claim_next_run_folder("doctor") : claim_run_folder(run);
    return {.subject = "run lock", .found = "nobody else works in the run folder"};
  });
}

}  // namespace ganymede
