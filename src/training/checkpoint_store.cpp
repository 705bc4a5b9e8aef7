#include "training/checkpoint_store.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "step_";
constexpr const char* kSetAside = ".set-aside";

std::string name_of(std::int64_t step) {
  return fmt::format("{}{:08}", kPrefix, step);
}

// The step of a name that we would have given; "step_best" and "step_7" are not of them.
std::optional<std::int64_t> step_of(const std::string& name) {
  std::int64_t step = 0;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const char* end = name.data() + name.size();
  const auto [rest, code] = std::from_chars(name.data() + kPrefix.size(), end, step);
  if (code != std::errc{} || rest != end || name != name_of(step)) return std::nullopt;
  return step;
}

// Removes what can be removed: a folder that stays costs space, not results.
void remove_or_warn(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) spdlog::warn("{}: cannot remove it ({}); remove it yourself", path.string(), error.message());
}

}  // namespace

fs::path CheckpointStore::path_of(std::int64_t step) const {
  return folder_ / name_of(step);
}

std::vector<std::int64_t> CheckpointStore::steps() const {
  std::vector<std::int64_t> steps;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (const auto step = step_of(entry.path().filename().string())) steps.push_back(*step);
  std::sort(steps.begin(), steps.end(), std::greater());
  return steps;
}

void CheckpointStore::save(const CheckpointInfo& info, const TrainingState& snapshot, std::int64_t keep) {
  const fs::path path = path_of(info.step);
  if (fs::exists(path)) set_aside(info.step);  // one that this run could not use
  write_checkpoint(path, info, snapshot);
  intact_[info.step] = true;
  std::int64_t kept = 0;
  for (const std::int64_t step : steps()) {
    if (step > info.step) continue;
    if (kept >= keep)
      remove_or_warn(path_of(step));
    else if (is_intact(step))
      ++kept;
  }
}

Checkpoint CheckpointStore::read(std::int64_t step) {
  intact_[step] = false;
  Checkpoint checkpoint = read_checkpoint(path_of(step));
  if (checkpoint.info.step != step)
    throw DataError(fmt::format("{}: its manifest says step {}: it is a copy of another checkpoint",
                                path_of(step).string(), checkpoint.info.step));
  intact_[step] = true;
  return checkpoint;
}

bool CheckpointStore::is_intact(std::int64_t step) {
  const auto known = intact_.find(step);
  if (known != intact_.end()) return known->second;
  try {
    read(step);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::optional<CheckpointInfo> CheckpointStore::use_newest(const std::function<void(const Checkpoint&)>& use,
                                                          std::optional<std::int64_t> at_step) {
  std::vector<std::int64_t> candidates = steps();
  if (at_step) {
    require(std::find(candidates.begin(), candidates.end(), *at_step) != candidates.end(),
            "{}: there is no checkpoint of step {}; expected one of {}", folder_.string(), *at_step,
            fmt::join(candidates, ", "));
    candidates = {*at_step};
  }
  std::vector<std::string> passed_over;
  for (const std::int64_t step : candidates) {
    try {
      const Checkpoint checkpoint = read(step);
      use(checkpoint);
      for (const std::string& reason : passed_over)
        spdlog::warn("{}; using the checkpoint before it", reason);
      return checkpoint.info;
    } catch (const Error& error) {
      passed_over.emplace_back(error.what());
    }
  }
  if (candidates.empty()) return std::nullopt;
  throw DataError(
      fmt::format("no checkpoint can be used: {}; put a whole one back, or start again in another folder",
                  fmt::join(passed_over, "; ")));
}

std::vector<fs::path> CheckpointStore::last_data_folders() const {
  for (const std::int64_t step : steps()) {
    try {
      std::vector<fs::path> folders;
      for (const TrainedOn& source : read_checkpoint_info(path_of(step)).sources)
        folders.push_back(source.folder);
      return folders;
    } catch (const Error&) {
      continue;  // use_newest says what is wrong with it
    }
  }
  return {};
}

void CheckpointStore::set_aside(std::int64_t step) const {
  fs::path aside = path_of(step);
  aside += kSetAside;
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(path_of(step), aside, error);
  require(!error, "{}: cannot rename it to {} ({}); do it yourself", path_of(step).string(),
          aside.filename().string(), error.message());
  spdlog::info("{} is now {}", path_of(step).filename().string(), aside.filename().string());
}

void CheckpointStore::set_aside_after(std::int64_t step) const {
  for (const std::int64_t later : steps())
    if (later > step) set_aside(later);
}

void CheckpointStore::remove_leftovers() const {
  std::vector<fs::path> leftovers;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (is_temporary_name(entry.path().filename().string())) leftovers.push_back(entry.path());
  for (const fs::path& path : leftovers) remove_or_warn(path);
}

}  // namespace ganymede
