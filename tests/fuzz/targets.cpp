#include "tests/fuzz/targets.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/cifar10_importer.hpp"
#include "data/importing/coco_importer.hpp"
#include "data/importing/csv_importer.hpp"
#include "data/importing/idx_importer.hpp"
#include "data/importing/text_importer.hpp"
#include "recipe/recipe.hpp"
#include "storage/pictures/image_file.hpp"
#include "storage/pictures/png_image.hpp"
#include "storage/safetensors_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/checkpoint.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::uint8_t>;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const TemporaryFolder& folder() {
  static const TemporaryFolder one;
  return one;
}

// The bytes as a file, and where an import may leave its dataset.
fs::path file_of(Bytes bytes, const std::string& name = "input") {
  write_text(folder() / name, as_text(bytes));
  return folder() / name;
}
fs::path new_dataset() {
  fs::remove_all(folder() / "out");
  return folder() / "out";
}

// Whether they were read; if not, by an Error.
template <typename Read>
bool is_read(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    // What our own code promised itself (ensure); a bad file is a UserError or a DataError.
    if (error.exit_code() == ExitCode::failure) throw std::logic_error(error.what());
    return false;
  }
}

bool read_recipe(Bytes bytes) {
  return is_read([&] {
    const std::string once = to_yaml(parse_recipe(std::string(as_text(bytes)), "input"));
    if (to_yaml(parse_recipe(once, "itself")) != once)
      throw std::logic_error("a resolved recipe is another recipe");
  });
}

std::vector<std::string> example_recipes() {
  std::vector<std::string> examples;
  for (const auto& entry :
       fs::recursive_directory_iterator(std::string(GANYMEDE_SOURCE_DIR) + "/experiments"))
    if (entry.path().filename() == "recipe.yaml") examples.push_back(to_yaml(load_recipe(entry.path())));
  return examples;
}

// A dataset of 5 small images with labels and captions, one shard.
const DatasetIndex& sound_dataset() {
  static const DatasetIndex index = [] {
    DataSpec spec = image_spec({.channels = 1, .height = 2, .width = 3}, {"zero", "one"});
    spec.fields.push_back({.name = "tokens", .meaning = Meaning::tokens, .shape = {4}, .values = 9});
    DatasetWriter writer({.folder = folder() / "sound", .samples = 5, .spec = spec, .rows_per_chunk = 2});
    writer.append({at::arange(30).to(at::kByte).view({5, 1, 2, 3}), at::arange(5).remainder(2),
                   at::arange(20).remainder(9).view({5, 4}).to(spec.fields.back().stored())});
    return writer.finish();
  }();
  return index;
}

bool read_index(Bytes bytes) {
  fs::create_directories(folder() / "index");
  file_of(bytes, "index/index.json");
  return is_read([] { describe_dataset(read_index_file(folder() / "index")); });
}

std::vector<std::string> example_indices() {
  return {read_text(sound_dataset().folder / kIndexFileName)};
}

// As training does, once the checksum holds.
bool read_shard(Bytes bytes) {
  DatasetIndex index = sound_dataset();
  index.folder = folder().path();
  index.shards.front().file = file_of(bytes).filename();
  return is_read([&] {
    check_shard_datasets(index, 0, Hdf5File::open(index.shard_path(0)));
    DatasetReader reader(index);
    for (const Field& field : index.spec.fields)
      reader.read(field, 0, index.samples, at::empty(field.sizes(index.samples), field.stored()));
  });
}

std::vector<std::string> example_shards() {
  return {read_text(sound_dataset().shard_path(0))};
}

bool read_manifest(Bytes bytes) {
  file_of(bytes, "manifest.json");
  return is_read([] { read_checkpoint_info(folder().path()); });
}

bool read_state(Bytes bytes) {
  const at::Tensor copy = at::empty({static_cast<std::int64_t>(bytes.size())}, at::kByte);
  std::copy(bytes.begin(), bytes.end(), copy.mutable_data_ptr<std::uint8_t>());
  return is_read([&] { parse_safetensors(copy, "input"); });
}

const TrainingState& small_state() {
  static const TrainingState state{{"a", at::arange(6, at::kFloat).view({2, 3})}, {"b", at::arange(2)}};
  return state;
}

std::vector<std::string> example_manifests() {
  fs::remove_all(folder() / "checkpoint");
  write_checkpoint(folder() / "checkpoint",
                   {.step = 7, .seconds = 1, .sources = TrainedOn::of(std::vector{sound_dataset()})},
                   small_state());
  return {read_text(folder() / "checkpoint/manifest.json")};
}

std::vector<std::string> example_states() {
  example_manifests();
  return {read_text(folder() / "checkpoint/state.safetensors")};
}

// The first byte says how long the first of two files is.
bool import_idx_files(Bytes bytes) {
  if (bytes.empty()) return false;
  const std::size_t length = std::min<std::size_t>(bytes[0], bytes.size() - 1);
  const fs::path images = file_of(bytes.subspan(1, length)),
                 labels = file_of(bytes.subspan(1 + length), "labels");
  return is_read([&] { import_idx({.images = images, .labels = labels, .out = new_dataset()}); });
}

std::vector<std::string> example_idx() {
  const std::string images("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02\x01\x02\x03\x04\x05\x06\x07\x08", 24);
  const std::string labels("\0\0\x08\x01\0\0\0\x02\0\x01", 10);
  return {static_cast<char>(images.size()) + images + labels};
}

bool import_csv_file(Bytes bytes) {
  const fs::path file = file_of(bytes);
  return is_read([&] {
    import_csv({.file = file, .out = new_dataset(), .shape = {.channels = 1, .height = 1, .width = 2}});
  });
}

std::vector<std::string> example_csv() {
  return {"1,2,0\n3,255,1\n", "a,b,label\r\n1,2,3\r\n"};
}

bool import_cifar10_file(Bytes bytes) {
  file_of(bytes, "batch.bin");
  return is_read(
      [] { import_cifar10({.folder = folder().path(), .out = new_dataset(), .files = {"batch.bin"}}); });
}

std::vector<std::string> example_cifar10() {
  return {std::string(2 * 3073, '\1')};
}

bool import_coco_file(Bytes bytes) {
  fs::create_directories(folder() / "pictures");
  write_png(folder() / "pictures/a.png", at::zeros({3, 2, 2}, at::kByte));
  const fs::path captions = file_of(bytes);
  return is_read([&] {
    import_coco({.captions = captions,
                 .images = folder() / "pictures",
                 .out = new_dataset(),
                 .shape = {.channels = 3, .height = 2, .width = 2}});
  });
}

std::vector<std::string> example_coco() {
  return {
      R"({"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"image_id":1,"caption":"A red dog."}]})"};
}

// The first byte chooses the unit.
bool import_text_file(Bytes bytes) {
  if (bytes.empty()) return false;
  const fs::path file = file_of(bytes.subspan(1));
  return is_read([&] {
    import_text({.file = file,
                 .unit = bytes[0] % 2 == 0 ? TextUnit::characters : TextUnit::words,
                 .out = new_dataset()});
  });
}

std::vector<std::string> example_texts() {
  return {"\x01one two three\nfour five six\n",
          "\x02\xE6\x98\xA5\xE7\x9C\xA0\r\n\xE7\x9C\xA0\xE6\x98\xA5\r\n"};
}

bool read_picture(Bytes bytes) {
  const fs::path file = file_of(bytes);
  return is_read([&] { read_image(file); });
}

std::vector<std::string> example_pictures() {
  write_png(folder() / "example.png", at::arange(48).to(at::kByte).view({3, 4, 4}));
  return {read_text(folder() / "example.png"),
          read_text(std::string(GANYMEDE_SOURCE_DIR) + "/tests/fuzz/examples/colours.jpg")};
}

}  // namespace

const std::vector<FuzzTarget>& fuzz_targets() {
  static const std::vector<FuzzTarget> targets{
      {"recipe", read_recipe, example_recipes},    {"index", read_index, example_indices},
      {"shard", read_shard, example_shards},       {"manifest", read_manifest, example_manifests},
      {"state", read_state, example_states},       {"idx", import_idx_files, example_idx},
      {"csv", import_csv_file, example_csv},       {"cifar10", import_cifar10_file, example_cifar10},
      {"coco", import_coco_file, example_coco},    {"text", import_text_file, example_texts},
      {"picture", read_picture, example_pictures},
  };
  return targets;
}

const FuzzTarget& fuzz_target(const std::string& name) {
  for (const FuzzTarget& target : fuzz_targets())
    if (target.name == name) return target;
  throw UserError(fmt::format("no fuzz target is called {}", name));
}

}  // namespace ganymede
