// The checkpoints of a run: folders step_N below its checkpoints/, N of 8 digits or more. Anything else there
// is somebody else's and left alone. One process writes (the run's lock sees to that), any may read.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "training/checkpoint.hpp"
#include "training/train_options.hpp"

namespace ganymede {

class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path path_of(std::int64_t step) const;
  // Of all that are there, damaged ones too; newest first.
  std::vector<std::int64_t> steps() const;

  // Writes that of info.step and then removes those older ones that `keep` does not name. Never touches a
  // newer one. Throws UserError if the place does not take it, DiskError if the disk does not; the others are
  // then as they were. Returns what the user should know, such as a folder that could not be removed.
  std::vector<std::string> save(const CheckpointInfo& info, const TrainingState& snapshot,
                                const KeepOptions& keep);

  // By step, those up to `up_to` that stay, and why: "newest, every 1000, lowest generator_loss". One that is
  // damaged does not count, and stays without a reason where it is newer than the newest that are intact.
  enum class Trust { sizes, checksums };
  std::map<std::int64_t, std::string> kept(const KeepOptions& keep, std::int64_t up_to, Trust trust);

  // Those up to `up_to` that do not, newest first; verified by checksums.
  std::vector<std::int64_t> not_kept(const KeepOptions& keep, std::int64_t up_to);

  // All of one, verified. Throws DataError with what is wrong with it.
  Checkpoint read(std::int64_t step);
  // Returns what went wrong: a folder that stays costs space, not results.
  std::optional<std::string> remove(std::int64_t step) const;

  // Hands the newest checkpoint to `use`, or the one of at_step. One that cannot be read, or that `use`
  // refuses by an Error, is named in a warning and passed over for the one before. Nothing where there is
  // none; throws DataError with what is wrong with each where none can be used.
  std::optional<CheckpointInfo> use_newest(const std::function<void(const Checkpoint&)>& use,
                                           std::optional<std::int64_t> at_step = {});

  // Where the data of each source lay that the newest checkpoint with a readable manifest was trained on;
  // empty without one.
  std::vector<std::filesystem::path> last_data_folders() const;

  // Renames those after `step` to step_N.set-aside: a run that goes on from an earlier one must not find them
  // again.
  void set_aside_after(std::int64_t step) const;
  // Half-written checkpoints that a killed process left, of whatever host and step.
  void remove_leftovers() const;

 private:
  std::string set_aside(std::int64_t step) const;
  bool is_intact(std::int64_t step, Trust trust);
  std::optional<std::int64_t> best(const BestOptions& best, std::int64_t up_to, Trust trust);

  std::filesystem::path folder_;
  std::map<std::int64_t, bool> intact_;  // of steps that this process has written or read
};

}  // namespace ganymede
