// One checkpoint: a folder with the training state as safetensors and a manifest that says what it is and
// sums its files up.
#pragma once

#include <filesystem>

#include "data/format/dataset_index.hpp"
#include "procedures/training_state.hpp"

namespace ganymede {

// What was trained on; any of it changed is another experiment.
struct TrainedOn {
  std::filesystem::path folder = {};  // as it was found, absolute
  std::int64_t samples = 0;
  DataSpec spec = {};
  std::vector<std::uint32_t> shard_crc32 = {};  // [shard]

  static TrainedOn of(const DatasetIndex& index);
  static std::vector<TrainedOn> of(const std::vector<DatasetIndex>& indices);
};

struct NamedValue {
  std::string name;
  double value = 0;
};

// What a checkpoint says of itself.
struct CheckpointInfo {
  std::int64_t step = 0;  // updates done
  double seconds = 0;     // of training until then, over all starts and attempts
  std::vector<TrainedOn> sources = {};
  std::vector<NamedValue> scalars = {};  // of the report of that step; empty where there was none
  Attempt attempt = {};                  // that came to it
};

struct Checkpoint {
  CheckpointInfo info;
  TrainingState state;
};

// Writes a new folder under a temporary name, syncs and renames it. Throws UserError if the place does not
// take it, DiskError if the disk does not; then there is no such folder.
void write_checkpoint(const std::filesystem::path& folder, const CheckpointInfo& info,
                      const TrainingState& snapshot);

// What the manifest says; the state is not looked at. Throws DataError.
CheckpointInfo read_checkpoint_info(const std::filesystem::path& folder);

// The same, of a checkpoint whose files have the sizes that its manifest says.
CheckpointInfo read_info_of_whole_checkpoint(const std::filesystem::path& folder);

// All of it, checked against the checksums. Throws DataError.
Checkpoint read_checkpoint(const std::filesystem::path& folder);

}  // namespace ganymede
