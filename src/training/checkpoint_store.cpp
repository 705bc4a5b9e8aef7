#include "training/checkpoint_store.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "storage/atomic_file.hpp"
#include "training/step_name.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSetAside = ".set-aside";

// What to tell the user where that fails.
std::optional<std::string> remove_folder(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return std::nullopt;
  return fmt::format("{}: cannot remove it ({}); remove it yourself", path.string(), error.message());
}

std::optional<double> value_of(const CheckpointInfo& info, const std::string& scalar) {
  for (const auto& [name, value] : info.scalars)
    if (name == scalar) return value;
  return std::nullopt;
}

}  // namespace

fs::path CheckpointStore::path_of(std::int64_t step) const {
  return folder_ / name_of_step(step);
}

std::vector<std::int64_t> CheckpointStore::steps() const {
  std::vector<std::int64_t> steps;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (const auto step = step_of_name(entry.path().filename().string())) steps.push_back(*step);
  std::sort(steps.begin(), steps.end(), std::greater());
  return steps;
}

std::vector<std::string> CheckpointStore::save(const CheckpointInfo& info, const TrainingState& snapshot,
                                               const KeepOptions& keep) {
  std::vector<std::string> remarks;
  const fs::path path = path_of(info.step);
  if (fs::exists(path)) remarks.push_back(set_aside(info.step));  // one that this run could not use
  write_checkpoint(path, info, snapshot);
  intact_[info.step] = true;
  for (const std::int64_t step : not_kept(keep, info.step))
    if (auto remark = remove(step)) remarks.push_back(std::move(*remark));
  return remarks;
}

std::vector<std::int64_t> CheckpointStore::not_kept(const KeepOptions& keep, std::int64_t up_to) {
  const auto stay = kept(keep, up_to, Trust::checksums);
  std::vector<std::int64_t> others;
  for (const std::int64_t step : steps())
    if (step <= up_to && !stay.contains(step)) others.push_back(step);
  return others;
}

std::optional<std::string> CheckpointStore::remove(std::int64_t step) const {
  // Its name goes first: a kill leaves no half checkpoint under it.
  const fs::path path = path_of(step), doomed = temporary_path_beside(path);
  std::error_code error;
  fs::rename(path, doomed, error);
  return remove_folder(error ? path : doomed);
}

std::map<std::int64_t, std::string> CheckpointStore::kept(const KeepOptions& keep, std::int64_t up_to,
                                                          Trust trust) {
  std::map<std::int64_t, std::string> reasons;
  const auto add = [&](std::int64_t step, const std::string& reason) {
    reasons[step] += (reasons[step].empty() ? "" : ", ") + reason;
  };
  std::int64_t newest = 0;
  for (const std::int64_t step : steps()) {
    if (step > up_to) continue;
    if (newest < keep.newest) {
      reasons.emplace(step, "");
      if (is_intact(step, trust)) {
        add(step, "newest");
        ++newest;
      }
    }
    if (keep.every && step % *keep.every == 0) add(step, fmt::format("every {}", *keep.every));
  }
  if (keep.best)
    if (const auto step = best(*keep.best, up_to, trust))
      add(*step,
          fmt::format("{} {}", keep.best->of == Extreme::lowest ? "lowest" : "highest", keep.best->scalar));
  return reasons;
}

// Of equal ones the earliest.
std::optional<std::int64_t> CheckpointStore::best(const BestOptions& best, std::int64_t up_to, Trust trust) {
  std::vector<std::pair<double, std::int64_t>> candidates;
  for (const std::int64_t step : steps()) {
    if (step > up_to) continue;
    try {
      if (const auto value = value_of(read_checkpoint_info(path_of(step)), best.scalar))
        candidates.emplace_back(best.of == Extreme::lowest ? *value : -*value, step);
    } catch (const Error&) {
      continue;  // damaged, and so no candidate
    }
  }
  std::sort(candidates.begin(), candidates.end());
  for (const auto& [value, step] : candidates)
    if (is_intact(step, trust)) return step;
  return std::nullopt;
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

bool CheckpointStore::is_intact(std::int64_t step, Trust trust) {
  const auto known = intact_.find(step);
  if (known != intact_.end()) return known->second;
  try {
    if (trust == Trust::sizes) return read_info_of_whole_checkpoint(path_of(step)).step == step;
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

std::string CheckpointStore::set_aside(std::int64_t step) const {
  fs::path aside = path_of(step);
  aside += kSetAside;
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(path_of(step), aside, error);
  if (error)
    throw_path_error(error.value(),
                     fmt::format("{}: cannot rename it to {} ({}); do it yourself", path_of(step).string(),
                                 aside.filename().string(), error.message()));
  return fmt::format("{} is now {}", path_of(step).filename().string(), aside.filename().string());
}

void CheckpointStore::set_aside_after(std::int64_t step) const {
  for (const std::int64_t later : steps())
    if (later > step) spdlog::info("{}", set_aside(later));
}

void CheckpointStore::remove_leftovers() const {
  std::vector<fs::path> leftovers;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (is_temporary_name(entry.path().filename().string())) leftovers.push_back(entry.path());
  for (const fs::path& path : leftovers)
    if (const auto remark = remove_folder(path)) spdlog::warn("{}", *remark);
}

}  // namespace ganymede
