#include "data/format/dataset_index.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>
#include <system_error>

#include "base/error.hpp"
#include "data/format/class_names.hpp"
#include "storage/json_object.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatName = "ganymede-dataset";
constexpr std::size_t kMostNamesListed = 20;

void require_dataset_folder(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  require(fs::exists(status), "{}: no such dataset; make one with: ganymede dataset import --out {}",
          folder.string(), folder.string());
  require(fs::is_directory(status), "{} is a file; expected a dataset folder with {} in it", folder.string(),
          kIndexFileName);
  if (fs::exists(folder / kIndexFileName, error)) return;
  const bool empty = fs::is_empty(folder, error) && !error;
  throw DataError(fmt::format("{}: {}; expected a dataset: make one with: ganymede dataset import",
                              folder.string(),
                              empty ? "the folder is empty" : fmt::format("it has no {}", kIndexFileName)));
}

void check_format(const JsonObject& json, const fs::path& file) {
  const std::string format = json.text("format");
  if (format != kFormatName)
    throw DataError(fmt::format("{}: format is \"{}\"; expected \"{}\"", file.string(), format, kFormatName));
  const std::int64_t version = json.integer("version");
  if (version != kDatasetVersion)
    throw DataError(fmt::format("{}: version {}; this program reads version {}: import the data again",
                                file.string(), version, kDatasetVersion));
}

std::vector<ShardEntry> read_shard_entries(const JsonObject& json, const fs::path& file) {
  std::vector<ShardEntry> shards;
  std::set<std::string> names;
  for (const JsonObject& entry : json.objects("shards")) {
    const ShardEntry shard{.file = entry.text("file"),
                           .samples = entry.integer("samples", 1),
                           .bytes = entry.integer("bytes", 1),
                           .crc32 = static_cast<std::uint32_t>(entry.integer("crc32", 0, 0xFFFFFFFF))};
    if (shard.file.empty() || fs::path(shard.file).filename() != shard.file || shard.file == "..")
      throw DataError(fmt::format("{}: shards[{}].file is \"{}\"; expected the name of a file in this folder",
                                  file.string(), shards.size(), shard.file));
    if (!names.insert(shard.file).second)
      throw DataError(fmt::format("{}: shards[{}].file is \"{}\" a second time; expected each shard once",
                                  file.string(), shards.size(), shard.file));
    shards.push_back(shard);
  }
  return shards;
}

// `images` and `points` say what the first field is, `class_names` that there are labels; other fields are
// listed.
DataSpec read_spec(const JsonObject& json, const fs::path& file) {
  std::vector<std::string> class_names;
  if (json.contains("class_names")) class_names = json.text_list("class_names");
  DataSpec spec;
  if (json.contains("images") && json.contains("points"))
    throw DataError(fmt::format("{}: it has both images and points; expected one of them", file.string()));
  if (json.contains("points")) {
    spec = point_spec(json.object("points").integer("dimensions", 1), class_names);
  } else if (json.contains("images") || !json.contains("fields")) {
    const JsonObject images = json.object("images");
    spec = image_spec({.channels = images.integer("channels", 1),
                       .height = images.integer("height", 1),
                       .width = images.integer("width", 1)},
                      class_names);
  }
  if (json.contains("fields"))
    for (const JsonObject& field : json.objects("fields")) spec.fields.push_back(read_field(field));
  if (spec.fields.empty())
    throw DataError(fmt::format("{}: fields is empty; expected one at least", file.string()));
  std::set<std::string> names;
  for (const Field& field : spec.fields)
    if (!names.insert(field.name).second)
      throw DataError(
          fmt::format("{}: there are two fields '{}'; expected each once", file.string(), field.name));
  return spec;
}

std::optional<ModeLaw> read_modes(const JsonObject& json, const fs::path& file, const DataSpec& spec) {
  if (!json.contains("modes")) return std::nullopt;
  const Field& sample = spec.sample();
  if (sample.meaning != Meaning::numbers || sample.elements() != 2)
    throw DataError(
        fmt::format("{}: it has modes, but its samples are not points of 2 dimensions", file.string()));
  return read_mode_law(json.object("modes"));
}

std::map<std::string, std::vector<std::int64_t>> read_token_counts(const JsonObject& json,
                                                                   const fs::path& file,
                                                                   const DataSpec& spec) {
  std::map<std::string, std::vector<std::int64_t>> counts;
  if (!json.contains("token_counts")) return counts;
  const JsonObject of_fields = json.object("token_counts");
  for (const Field& field : spec.fields) {
    if (!of_fields.contains(field.name)) continue;
    const std::vector<std::int64_t> found = of_fields.integers(field.name);
    if (static_cast<std::int64_t>(found.size()) != field.values)
      throw DataError(fmt::format("{}: token_counts.{} has {} entries; expected one a value, {}",
                                  file.string(), field.name, found.size(), field.values));
    counts.emplace(field.name, found);
  }
  return counts;
}

// As read_spec reads it; the fields keep their order.
void write_spec(const DataSpec& spec, Json& json) {
  std::size_t written = 0;
  const Field& sample = spec.sample();
  if (sample.meaning == Meaning::pixels && sample.name == "images") {
    const ImageShape shape = sample.image_shape();
    json["images"] = {{"channels", shape.channels}, {"height", shape.height}, {"width", shape.width}};
    written = 1;
  } else if (sample == point_spec(sample.elements()).sample()) {
    json["points"] = {{"dimensions", sample.elements()}};
    written = 1;
  }
  if (written == 1 && spec.fields.size() > 1 && spec.fields[1].name == "labels" &&
      !spec.fields[1].names.empty()) {
    json["class_names"] = spec.fields[1].names;
    written = 2;
  }
  for (std::size_t i = written; i < spec.fields.size(); ++i)
    json["fields"].push_back(field_as_json(spec.fields[i]));
}

void check_counts(const DatasetIndex& index, const fs::path& file) {
  if (index.samples == 0)
    throw DataError(
        fmt::format("{}: samples is 0; expected at least one sample: import the data again", file.string()));
  std::int64_t samples = 0;
  for (const ShardEntry& shard : index.shards) samples += shard.samples;
  if (samples != index.samples)
    throw DataError(
        fmt::format("{}: samples is {}, but the {} shards hold {} together: import the data again",
                    file.string(), index.samples, index.shards.size(), samples));
}

}  // namespace

DatasetIndex read_index_file(const fs::path& folder) {
  require_dataset_folder(folder);
  const fs::path file = folder / kIndexFileName;
  const Json document = read_json(file);
  const JsonObject json(document, file);
  check_format(json, file);
  DatasetIndex index{.folder = folder, .samples = json.integer("samples", 0)};
  index.spec = read_spec(json, file);
  index.modes = read_modes(json, file, index.spec);
  index.token_counts = read_token_counts(json, file, index.spec);
  index.rows_per_chunk = json.integer("rows_per_chunk", 1);
  index.shards = read_shard_entries(json, file);
  check_counts(index, file);
  return index;
}

DatasetIndex read_dataset_index(const fs::path& folder) {
  DatasetIndex index = read_index_file(folder);
  for (std::size_t shard = 0; shard < index.shards.size(); ++shard) check_shard_file(index, shard);
  return index;
}

void check_shard_file(const DatasetIndex& index, std::size_t shard) {
  const fs::path file = index.shard_path(shard);
  const std::int64_t expected = index.shards[shard].bytes;
  std::error_code error;
  const auto found = static_cast<std::int64_t>(fs::file_size(file, error));
  if (error)
    throw DataError(fmt::format("{}: {}; {} lists it: copy it again or import the data again", file.string(),
                                error.message(), kIndexFileName));
  if (found != expected)
    throw DataError(
        fmt::format("{}: the file is {}: {} bytes, expected {}; copy it again or import the data "
                    "again",
                    file.string(), found < expected ? "truncated" : "too long", found, expected));
}

void write_dataset_index(const DatasetIndex& index, const fs::path& folder) {
  Json json = {{"format", kFormatName}, {"version", kDatasetVersion}, {"samples", index.samples}};
  write_spec(index.spec, json);
  if (index.modes) json["modes"] = write_mode_law(*index.modes);
  for (const auto& [name, counts] : index.token_counts) json["token_counts"][name] = counts;
  json["rows_per_chunk"] = index.rows_per_chunk;
  json["shards"] = Json::array();
  for (const ShardEntry& shard : index.shards)
    json["shards"].push_back(
        {{"file", shard.file}, {"samples", shard.samples}, {"bytes", shard.bytes}, {"crc32", shard.crc32}});
  write_json_atomically(folder / kIndexFileName, json);
}

fs::path find_dataset(const fs::path& name_or_path, const std::optional<fs::path>& where_it_lay) {
  std::error_code error;
  if (where_it_lay && fs::exists(*where_it_lay / kIndexFileName, error)) return *where_it_lay;
  require(!name_or_path.empty(), "the name of the dataset is empty; give a name or a folder");
  if (name_or_path.is_absolute() || fs::exists(name_or_path, error)) return name_or_path;
  std::vector<fs::path> places;
  const char* variable = std::getenv("GANYMEDE_DATA");
  if (variable != nullptr && *variable != '\0') places.emplace_back(fs::path(variable) / name_or_path);
  places.emplace_back(fs::path("data") / name_or_path);
  std::string tried = name_or_path.string();
  for (const fs::path& place : places) {
    if (fs::exists(place, error)) return place;
    tried += ", " + place.string();
  }
  throw UserError(fmt::format("no dataset '{}'; looked for {}{}. Make one with: ganymede dataset import",
                              name_or_path.string(), tried,
                              variable == nullptr ? " ($GANYMEDE_DATA is not set)" : ""));
}

namespace {

std::string describe_tokens(const Field& field, const std::vector<std::int64_t>& counts) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t shown = std::min(kMostNamesListed / 2, counts.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
      [&](std::size_t a, std::size_t b) { return std::pair(-counts[a], a) < std::pair(-counts[b], b); });
  std::vector<std::string> most;
  for (std::size_t i = 0; i < shown; ++i)
    if (field.names.empty() || !field.names[order[i]].empty())  // what fills up captions is no word
      most.push_back(fmt::format(
          "{} {}", field.names.empty() ? std::to_string(order[i]) : field.names[order[i]], counts[order[i]]));
  return fmt::format("         most often: {}\n", fmt::join(most, ", "));
}

}  // namespace

std::string describe_dataset(const DatasetIndex& index) {
  std::string text = fmt::format("folder   {}\nsamples  {}\n", index.folder.string(), index.samples);
  for (const Field& field : index.spec.fields)
    if (field.meaning != Meaning::label) {
      text += fmt::format("{:<8} {}\n", field.name, describe_field(field));
      if (const auto counts = index.token_counts.find(field.name); counts != index.token_counts.end())
        text += describe_tokens(field, counts->second);
    }
  if (index.modes)
    text += fmt::format("modes    {} Gaussians of standard deviation {}\n", index.modes->centers.size(),
                        index.modes->standard_deviation);
  if (const auto& names = index.spec.class_names(); !names.empty())
    text += fmt::format("classes  {}: {}\n", names.size(), list_some(names, kMostNamesListed));
  else
    text += "classes  none (no labels)\n";
  text += fmt::format("shards   {}\n", index.shards.size());
  std::size_t width = 4;
  for (const ShardEntry& shard : index.shards) width = std::max(width, shard.file.size());
  text += fmt::format("  {:<{}}  {:>10}  {:>13}  {:>8}\n", "file", width, "samples", "bytes", "crc32");
  for (const ShardEntry& shard : index.shards)
    text += fmt::format("  {:<{}}  {:>10}  {:>13}  {:08x}\n", shard.file, width, shard.samples, shard.bytes,
                        shard.crc32);
  return text;
}

}  // namespace ganymede
