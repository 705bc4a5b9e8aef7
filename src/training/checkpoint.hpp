// Checkpoints: folders step_N below the run's checkpoints/, written under a temporary name and renamed, with
// a manifest that holds the checksum of the state file. Networks, running statistics and optimizer state,
// once for all ranks: randomness and data order are functions of the step, so nothing belongs to a rank and
// any number of ranks can go on from one.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/image_shape.hpp"
#include "data/dataset_index.hpp"
#include "distributed/communicator.hpp"
#include "gans/gan.hpp"

namespace ganymede {

// All tensors of the players by name: "<player>/parameters/<p>", "<player>/buffers/<b>",
// "<player>/average/<p>",
// "<player>/average_buffers/<b>", "<player>/optimizer/<state>/<p>". They share the players' memory.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
std::vector<NamedTensor> collect_state(const std::vector<Player>& players);

// CRC-32 over all tensors of the state, in order: equal weights, statistics and moments give equal numbers.
std::uint32_t checksum_state(const std::vector<Player>& players);

// What a checkpoint says of itself.
struct CheckpointInfo {
  std::int64_t step = 0;     // updates done
  std::int64_t samples = 0;  // of the dataset: another size would mean another data order
  ImageShape shape;          // so that samples can be drawn where the dataset is not
  std::int64_t classes = 0;  // likewise
  SampleKind kind = SampleKind::images;
};

// Writes checkpoints/step_N and removes all but the newest `keep`.
void save_checkpoint_on_root(const std::filesystem::path& checkpoints, const CheckpointInfo& info,
                             const std::vector<Player>& players, std::int64_t keep);

// The newest intact checkpoint, or nothing. One that is damaged is named in a warning and passed over.
std::optional<std::filesystem::path> find_latest_checkpoint(const std::filesystem::path& checkpoints);

CheckpointInfo read_checkpoint_info(const std::filesystem::path& checkpoint);

// Throws DataError if the checkpoint does not fit the players.
void load_checkpoint(const std::filesystem::path& checkpoint, const std::vector<Player>& players);

// Makes all ranks equal to rank 0. Collective.
void broadcast_state(Communicator& communicator, const std::vector<Player>& players);

}  // namespace ganymede
