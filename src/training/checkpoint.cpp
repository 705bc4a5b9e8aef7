#include "training/checkpoint.hpp"

#include <cmath>
#include <span>
#include <system_error>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/checksum.hpp"
#include "storage/file_bytes.hpp"
#include "storage/json_object.hpp"
#include "storage/pending_folder.hpp"
#include "storage/safetensors_file.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kFormat = "ganymede-checkpoint";
// 1 had its state in HDF5; 2 had one source, of images or points; 3 had neither scalars nor a checksum of the
// manifest itself; 4 knew no rollbacks.
constexpr std::int64_t kVersion = 5, kOldestVersion = 2, kFirstSealed = 4, kFirstWithAttempts = 5;
constexpr const char* kStateFile = "state.safetensors";
constexpr const char* kManifest = "manifest.json";
constexpr std::int64_t kMostManifestBytes = 64 << 20;  // 100,000 shards of 20 sources are 30 MB
constexpr std::string_view kManifestSum = ",\n  \"manifest_crc32\": ";  // the last field

Json source_as_json(const TrainedOn& source) {
  Json fields = Json::array();
  for (const Field& field : source.spec.fields) fields.push_back(field_as_json(field));
  return {{"folder", source.folder.string()},
          {"samples", source.samples},
          {"fields", fields},
          {"shard_crc32", source.shard_crc32}};
}

// What version 2 says under "data".
DataSpec read_spec_of_version_2(const JsonObject& json) {
  const std::vector<std::int64_t> shape = json.integers("shape", 3);
  const std::vector<std::string> class_names = json.text_list("class_names");
  if (json.one_of("kind", {"images", "points"}) == "points") return point_spec(shape[2], class_names);
  return image_spec({.channels = shape[0], .height = shape[1], .width = shape[2]}, class_names);
}

TrainedOn read_source(const JsonObject& json, std::int64_t version) {
  TrainedOn source{.folder = json.text("folder"), .samples = json.integer("samples", 0)};
  if (version == 2)
    source.spec = read_spec_of_version_2(json);
  else
    for (const JsonObject& field : json.objects("fields")) source.spec.fields.push_back(read_field(field));
  if (source.spec.fields.empty()) json.refuse("fields", "one at least");
  for (const std::int64_t crc32 : json.integers("shard_crc32"))
    source.shard_crc32.push_back(static_cast<std::uint32_t>(crc32));
  return source;
}

// Another version is another format: its fields are not looked at.
std::int64_t read_version(const JsonObject& manifest, const fs::path& file) {
  manifest.one_of("format", {kFormat});
  const std::int64_t version = manifest.integer("version");
  if (version < kOldestVersion || version > kVersion)
    throw DataError(
        fmt::format("{}: version {} of the format; this program reads version {}: go on with the program "
                    "that wrote it, or train again in another folder",
                    file.string(), version, kVersion));
  return version;
}

std::vector<TrainedOn> read_sources(const JsonObject& json, std::int64_t version) {
  if (version == 2) return {read_source(json.object("data"), version)};
  std::vector<TrainedOn> sources;
  for (const JsonObject& source : json.objects("sources")) sources.push_back(read_source(source, version));
  if (sources.empty()) json.refuse("sources", "one at least");
  return sources;
}

std::vector<NamedValue> read_scalars(const JsonObject& json) {
  std::vector<NamedValue> scalars;
  for (const std::string& name : json.keys()) scalars.push_back({name, json.number(name)});
  return scalars;
}

Attempt read_attempt(const JsonObject& json) {
  return {.rollbacks = json.integer("rollbacks", 0), .rate_factor = json.number("learning_rate_factor", 0)};
}

struct Manifest {
  CheckpointInfo info;
  FileSummary state;
};

// Of a regular file: nothing waits for what is none.
std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file, error));
  if (error) throw DataError(fmt::format("{}: {}", file.string(), error.message()));
  return bytes;
}

std::string read_manifest_text(const fs::path& file) {
  const std::int64_t bytes = size_of(file);
  if (bytes > kMostManifestBytes)
    throw DataError(
        fmt::format("{}: it has {} bytes; expected at most {}", file.string(), bytes, kMostManifestBytes));
  const at::Tensor content = read_file_of_size(file, bytes);
  return {reinterpret_cast<const char*>(content.const_data_ptr<std::uint8_t>()),
          static_cast<std::size_t>(bytes)};
}

// The field that is added to a manifest without its last brace, and the end.
std::string seal_of(std::string_view text) {
  return fmt::format("{}{}\n}}\n", kManifestSum, crc32(std::as_bytes(std::span(text))));
}

void require_sealed(std::string_view text, const fs::path& file) {
  const std::size_t end = text.rfind(kManifestSum);
  if (end == std::string_view::npos || text.substr(end) != seal_of(text.substr(0, end)))
    throw DataError(
        fmt::format("{}: it does not end with its own checksum: the file is damaged", file.string()));
}

void write_manifest(const fs::path& file, const Json& fields) {
  std::string text = fields.dump(2, ' ', false, Json::error_handler_t::replace);
  text.resize(text.size() - 2);  // the newline and brace at the end
  write_file_atomically(file, text + seal_of(text));
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path file = folder / kManifest;
  const std::string text = read_manifest_text(file);
  const Json document = parse_json(text, file);
  const JsonObject json(document, file);
  const std::int64_t version = read_version(json, file);
  if (version >= kFirstSealed) require_sealed(text, file);
  const JsonObject state = json.object("files").object(kStateFile);
  return {.info = {.step = json.integer("step", 0),
                   .seconds = json.number("seconds", 0),
                   .sources = read_sources(json, version),
                   .scalars = version >= kFirstSealed ? read_scalars(json.object("scalars"))
                                                      : std::vector<NamedValue>{},
                   .attempt = version >= kFirstWithAttempts ? read_attempt(json) : Attempt{}},
          .state = {.bytes = state.integer("bytes", 0),
                    .crc32 = static_cast<std::uint32_t>(state.integer("crc32", 0, UINT32_MAX))}};
}

void require_size(const fs::path& file, const FileSummary& expected) {
  const std::int64_t bytes = size_of(file);
  if (bytes != expected.bytes)
    throw DataError(fmt::format("{}: the file has {} bytes, expected {}: it is damaged", file.string(), bytes,
                                expected.bytes));
}

at::Tensor read_state_bytes(const fs::path& file, const FileSummary& expected) {
  require_size(file, expected);
  const at::Tensor bytes = read_file_of_size(file, expected.bytes);
  const std::uint32_t crc32 = crc32_of_tensor(bytes);
  if (crc32 != expected.crc32)
    throw DataError(fmt::format("{}: its checksum is {:08x}, the manifest says {:08x}: the file is damaged",
                                file.string(), crc32, expected.crc32));
  return bytes;
}

}  // namespace

TrainedOn TrainedOn::of(const DatasetIndex& index) {
  TrainedOn data{.folder = fs::absolute(index.folder), .samples = index.samples, .spec = index.spec};
  for (const ShardEntry& shard : index.shards) data.shard_crc32.push_back(shard.crc32);
  return data;
}

std::vector<TrainedOn> TrainedOn::of(const std::vector<DatasetIndex>& indices) {
  std::vector<TrainedOn> sources;
  for (const DatasetIndex& index : indices) sources.push_back(of(index));
  return sources;
}

void write_checkpoint(const fs::path& folder, const CheckpointInfo& info, const TrainingState& snapshot) {
  Json sources = Json::array();
  for (const TrainedOn& source : info.sources) sources.push_back(source_as_json(source));
  Json scalars = Json::object();
  for (const auto& [name, value] : info.scalars)
    if (std::isfinite(value)) scalars[name] = value;
  PendingFolder pending(folder);
  const FileSummary state =
      write_safetensors(pending.path() / kStateFile, snapshot,
                        {{"format", "pt"}, {"writer", "ganymede"}, {"step", std::to_string(info.step)}});
  write_manifest(pending.path() / kManifest,
                 {{"format", kFormat},
                  {"version", kVersion},
                  {"step", info.step},
                  {"seconds", info.seconds},
                  {"rollbacks", info.attempt.rollbacks},
                  {"learning_rate_factor", info.attempt.rate_factor},
                  {"sources", sources},
                  {"scalars", scalars},
                  {"state_crc32", checksum_state(snapshot)},
                  {"files", {{kStateFile, {{"bytes", state.bytes}, {"crc32", state.crc32}}}}}});
  pending.publish();
}

CheckpointInfo read_checkpoint_info(const fs::path& folder) {
  return read_manifest(folder).info;
}

CheckpointInfo read_info_of_whole_checkpoint(const fs::path& folder) {
  Manifest manifest = read_manifest(folder);
  require_size(folder / kStateFile, manifest.state);
  return std::move(manifest.info);
}

Checkpoint read_checkpoint(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder);
  const fs::path file = folder / kStateFile;
  return {.info = manifest.info, .state = parse_safetensors(read_state_bytes(file, manifest.state), file)};
}

}  // namespace ganymede
