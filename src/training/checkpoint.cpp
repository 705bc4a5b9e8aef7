#include "training/checkpoint.hpp"

#include "base/error.hpp"
#include "storage/checksum.hpp"
#include "storage/file_bytes.hpp"
#include "storage/json_object.hpp"
#include "storage/pending_folder.hpp"
#include "storage/safetensors_file.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kFormat = "ganymede-checkpoint";
constexpr std::int64_t kVersion = 2;  // 1 had its state in HDF5
constexpr const char* kStateFile = "state.safetensors";
constexpr const char* kManifest = "manifest.json";

Json data_as_json(const TrainedOn& data) {
  return {{"folder", data.folder.string()},
          {"samples", data.samples},
          {"kind", data.kind == SampleKind::points ? "points" : "images"},
          {"shape", {data.shape.channels, data.shape.height, data.shape.width}},
          {"class_names", data.class_names},
          {"shard_crc32", data.shard_crc32}};
}

TrainedOn read_data(const JsonObject& json) {
  TrainedOn data{.folder = json.text("folder"), .samples = json.integer("samples", 0)};
  data.kind = json.one_of("kind", {"images", "points"}) == "points" ? SampleKind::points : SampleKind::images;
  const std::vector<std::int64_t> shape = json.integers("shape", 3);
  data.shape = {.channels = shape[0], .height = shape[1], .width = shape[2]};
  data.class_names = json.text_list("class_names");
  for (const std::int64_t crc32 : json.integers("shard_crc32"))
    data.shard_crc32.push_back(static_cast<std::uint32_t>(crc32));
  return data;
}

// Another version is another format: its fields are not looked at.
void require_version(const JsonObject& manifest, const fs::path& file) {
  manifest.one_of("format", {kFormat});
  const std::int64_t version = manifest.integer("version");
  if (version != kVersion)
    throw DataError(
        fmt::format("{}: version {} of the format; this program reads version {}: go on with the program "
                    "that wrote it, or train again in another folder",
                    file.string(), version, kVersion));
}

struct Manifest {
  CheckpointInfo info;
  FileSummary state;
};

Manifest read_manifest(const fs::path& folder) {
  const fs::path file = folder / kManifest;
  const Json document = read_json(file);
  const JsonObject json(document, file);
  require_version(json, file);
  const JsonObject state = json.object("files").object(kStateFile);
  return {.info = {.step = json.integer("step", 0),
                   .seconds = json.number("seconds", 0),
                   .data = read_data(json.object("data"))},
          .state = {.bytes = state.integer("bytes", 0),
                    .crc32 = static_cast<std::uint32_t>(state.integer("crc32", 0, UINT32_MAX))}};
}

at::Tensor read_state_bytes(const fs::path& file, const FileSummary& expected) {
  const at::Tensor bytes = read_file_of_size(file, expected.bytes);
  const std::uint32_t crc32 = crc32_of_tensor(bytes);
  if (crc32 != expected.crc32)
    throw DataError(fmt::format("{}: its checksum is {:08x}, the manifest says {:08x}: the file is damaged",
                                file.string(), crc32, expected.crc32));
  return bytes;
}

}  // namespace

TrainedOn TrainedOn::of(const DatasetIndex& index) {
  TrainedOn data{.folder = fs::absolute(index.folder),
                 .samples = index.samples,
                 .kind = index.kind,
                 .shape = index.shape,
                 .class_names = index.class_names};
  for (const ShardEntry& shard : index.shards) data.shard_crc32.push_back(shard.crc32);
  return data;
}

void write_checkpoint(const fs::path& folder, const CheckpointInfo& info, const TrainingState& snapshot) {
  PendingFolder pending(folder);
  const FileSummary state =
      write_safetensors(pending.path() / kStateFile, snapshot,
                        {{"format", "pt"}, {"writer", "ganymede"}, {"step", std::to_string(info.step)}});
  write_json_atomically(pending.path() / kManifest,
                        Json{{"format", kFormat},
                             {"version", kVersion},
                             {"step", info.step},
                             {"seconds", info.seconds},
                             {"data", data_as_json(info.data)},
                             {"state_crc32", checksum_state(snapshot)},
                             {"files", {{kStateFile, {{"bytes", state.bytes}, {"crc32", state.crc32}}}}}});
  pending.publish();
}

CheckpointInfo read_checkpoint_info(const fs::path& folder) {
  return read_manifest(folder).info;
}

Checkpoint read_checkpoint(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder);
  const fs::path file = folder / kStateFile;
  return {.info = manifest.info, .state = parse_safetensors(read_state_bytes(file, manifest.state), file)};
}

}  // namespace ganymede
