// One checkpoint: a folder with the training state as safetensors and a manifest that says what it is and
// sums its files up.
#pragma once

#include <filesystem>

#include "data/dataset_index.hpp"
#include "training/training_state.hpp"

namespace ganymede {

// What was trained on; any of it changed is another experiment.
struct TrainedOn {
  std::filesystem::path folder;  // as it was found, absolute
  std::int64_t samples = 0;
  SampleKind kind = SampleKind::images;
  ImageShape shape = {};
  std::vector<std::string> class_names = {};    // [label]; empty without labels
  std::vector<std::uint32_t> shard_crc32 = {};  // [shard]

  std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }

  static TrainedOn of(const DatasetIndex& index);
};

// What a checkpoint says of itself.
struct CheckpointInfo {
  std::int64_t step = 0;  // updates done
  double seconds = 0;     // of training that they took, over all starts
  TrainedOn data = {};
};

struct Checkpoint {
  CheckpointInfo info;
  TrainingState state;
};

// Writes a new folder under a temporary name, syncs and renames it. Throws UserError if the place does not
// take it; then there is no such folder.
void write_checkpoint(const std::filesystem::path& folder, const CheckpointInfo& info,
                      const TrainingState& snapshot);

// What the manifest says; the state is not looked at. Throws DataError.
CheckpointInfo read_checkpoint_info(const std::filesystem::path& folder);

// All of it, checked against the checksums. Throws DataError.
Checkpoint read_checkpoint(const std::filesystem::path& folder);

}  // namespace ganymede
