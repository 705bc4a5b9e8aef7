#include "training/checkpoint.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "storage/checksum.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/json_file.hpp"
#include "storage/pending_folder.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFormat = "ganymede-checkpoint";
constexpr int kVersion = 1;
constexpr const char* kStateFile = "state.h5";
constexpr const char* kManifest = "manifest.json";

// Reads the manifest and checks the state file against it. Throws DataError.
Json read_intact_manifest(const fs::path& checkpoint) {
  const fs::path file = checkpoint / kManifest;
  const Json manifest = read_json(file);
  try {
    if (manifest.at("format") != kFormat || manifest.at("version") != kVersion)
      throw DataError(fmt::format("{}: format {} version {}; this program reads {} version {}", file.string(),
                                  manifest.at("format").dump(), manifest.at("version").dump(), kFormat,
                                  kVersion));
    const auto expected = manifest.at("state_crc32").get<std::uint32_t>();
    const std::uint32_t found = crc32_of_file(checkpoint / kStateFile);
    if (found != expected)
      throw DataError(fmt::format("{}: its checksum is {:08x}, the manifest says {:08x}: the file is damaged",
                                  (checkpoint / kStateFile).string(), found, expected));
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("{}: not a checkpoint's manifest: {}", file.string(), error.what()));
  }
  return manifest;
}

// Complete checkpoints, oldest first: step_N sorts by step, as N has leading zeros.
std::vector<fs::path> list_checkpoints(const fs::path& checkpoints) {
  std::vector<fs::path> found;
  if (!fs::is_directory(checkpoints)) return found;
  for (const auto& entry : fs::directory_iterator(checkpoints))
    if (entry.path().extension().empty() && entry.path().filename().string().starts_with("step_"))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<NamedTensor> collect_state(const std::vector<Player>& players) {
  std::vector<NamedTensor> state;
  for (const Player& player : players) {
    for (const auto& slot : player.arena.slots())
      state.push_back({fmt::format("{}/parameters/{}", player.name, slot.name),
                       player.arena.view_of(player.arena.values(), slot)});
    for (const auto& buffer : player.network->named_buffers())
      state.push_back({fmt::format("{}/buffers/{}", player.name, buffer.key()), buffer.value()});
    if (player.average.defined())
      for (const auto& slot : player.arena.slots())
        state.push_back({fmt::format("{}/average/{}", player.name, slot.name),
                         player.arena.view_of(player.average, slot)});
    for (const auto& [name, buffer] : player.average_buffers)
      state.push_back({fmt::format("{}/average_buffers/{}", player.name, name), buffer});
    for (const auto& [name, tensor] : player.optimizer.state()) {
      if (tensor.numel() == 1) {
        state.push_back({fmt::format("{}/optimizer/{}", player.name, name), tensor});
        continue;
      }
      for (const auto& slot : player.arena.slots())
        state.push_back({fmt::format("{}/optimizer/{}/{}", player.name, name, slot.name),
                         player.arena.view_of(tensor, slot)});
    }
  }
  return state;
}

std::uint32_t checksum_state(const std::vector<Player>& players) {
  std::uint32_t checksum = 0;
  for (const auto& [name, tensor] : collect_state(players)) checksum = crc32_of_tensor(tensor, checksum);
  return checksum;
}

void save_checkpoint_on_root(const fs::path& checkpoints, const CheckpointInfo& info,
                             const std::vector<Player>& players, std::int64_t keep) {
  const fs::path final = checkpoints / fmt::format("step_{:08}", info.step);
  if (fs::exists(final)) fs::remove_all(final);  // a damaged one that resume passed over
  PendingFolder pending(final);
  {
    Hdf5File file = Hdf5File::create(pending.path() / kStateFile);
    for (const auto& [name, tensor] : collect_state(players)) file.write_tensor(name, tensor);
  }
  write_json_atomically(pending.path() / kManifest,
                        Json{{"format", kFormat},
                             {"version", kVersion},
                             {"step", info.step},
                             {"samples", info.samples},
                             {"image_shape", {info.shape.channels, info.shape.height, info.shape.width}},
                             {"classes", info.classes},
                             {"points", info.kind == SampleKind::points},
                             {"weights_crc32", checksum_state(players)},
                             {"state_crc32", crc32_of_file(pending.path() / kStateFile)}});
  pending.publish();

  std::vector<fs::path> all = list_checkpoints(checkpoints);
  const auto surplus = std::max<std::int64_t>(0, static_cast<std::int64_t>(all.size()) - keep);
  for (std::int64_t i = 0; i < surplus; ++i) fs::remove_all(all[i]);
}

std::optional<fs::path> find_latest_checkpoint(const fs::path& checkpoints) {
  const std::vector<fs::path> all = list_checkpoints(checkpoints);
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    try {
      read_intact_manifest(*it);
      return *it;
    } catch (const Error& error) {
      spdlog::warn("{}; using the checkpoint before it", error.what());
    }
  }
  return std::nullopt;
}

CheckpointInfo read_checkpoint_info(const fs::path& checkpoint) {
  const Json manifest = read_intact_manifest(checkpoint);
  try {
    const Json& shape = manifest.at("image_shape");
    return {.step = manifest.at("step").get<std::int64_t>(),
            .samples = manifest.at("samples").get<std::int64_t>(),
            .shape = {.channels = shape.at(0).get<std::int64_t>(),
                      .height = shape.at(1).get<std::int64_t>(),
                      .width = shape.at(2).get<std::int64_t>()},
            .classes = manifest.at("classes").get<std::int64_t>(),
            .kind = manifest.at("points").get<bool>() ? SampleKind::points : SampleKind::images};
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("{}: {}", (checkpoint / kManifest).string(), error.what()));
  }
}

void load_checkpoint(const fs::path& checkpoint, const std::vector<Player>& players) {
  at::NoGradGuard no_grad;
  const fs::path path = checkpoint / kStateFile;
  Hdf5File file = Hdf5File::open(path);
  for (const auto& [name, tensor] : collect_state(players)) {
    if (!file.contains(name))
      throw DataError(
          fmt::format("{}: {} is missing: the checkpoint is of another recipe", path.string(), name));
    const at::Tensor stored = file.read_tensor(name);
    if (stored.sizes() != tensor.sizes() || stored.scalar_type() != tensor.scalar_type())
      throw DataError(
          fmt::format("{}: {} is {} {}, the recipe's is {} {}: the checkpoint is of another recipe",
                      path.string(), name, c10::toString(stored.scalar_type()), c10::str(stored.sizes()),
                      c10::toString(tensor.scalar_type()), c10::str(tensor.sizes())));
    tensor.copy_(stored);
  }
}

void broadcast_state(Communicator& communicator, const std::vector<Player>& players) {
  at::NoGradGuard no_grad;
  for (const Player& player : players) {
    communicator.broadcast_to_nodes_(player.arena.values());
    if (player.average.defined()) communicator.broadcast_to_nodes_(player.average);
    for (const auto& [_, buffer] : player.average_buffers) communicator.broadcast_(buffer);
    for (const at::Tensor& buffer : player.network->buffers()) communicator.broadcast_(buffer);
    for (const auto& state : player.optimizer.state()) {
      const bool like_arena = state.tensor.numel() == player.arena.values().numel();
      like_arena ? communicator.broadcast_to_nodes_(state.tensor) : communicator.broadcast_(state.tensor);
    }
  }
}

}  // namespace ganymede
