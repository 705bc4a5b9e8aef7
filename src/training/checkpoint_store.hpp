// The checkpoints of a run: folders step_N below its checkpoints/, N of 8 digits or more. Anything else there
// is somebody else's and left alone. One process writes (the run's lock sees to that), any may read.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "training/checkpoint.hpp"

namespace ganymede {

class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path path_of(std::int64_t step) const;
  // Of all that are there, damaged ones too; newest first.
  std::vector<std::int64_t> steps() const;

  // Writes that of info.step and then removes all older than the newest `keep` intact ones, of which it is
  // one. Never touches a newer one. Throws UserError if the place does not take it; the others are then as
  // they were.
  void save(const CheckpointInfo& info, const TrainingState& snapshot, std::int64_t keep);

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
  void set_aside(std::int64_t step) const;
  Checkpoint read(std::int64_t step);
  bool is_intact(std::int64_t step);

  std::filesystem::path folder_;
  std::map<std::int64_t, bool> intact_;  // of steps that this process has written or read
};

}  // namespace ganymede
