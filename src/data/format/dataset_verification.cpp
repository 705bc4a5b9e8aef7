#include "data/format/dataset_verification.hpp"

#include "base/error.hpp"
#include "storage/checksum.hpp"

namespace ganymede {
namespace {

void check_integer_attribute(const Hdf5File& file, const std::string& name, std::int64_t expected) {
  const std::int64_t found = file.integer_attribute(name);
  if (found != expected)
    throw DataError(fmt::format("{}: the attribute '{}' is {}; expected {}", file.path().string(), name,
                                found, expected));
}

void check_attributes(const DatasetIndex& index, const ShardEntry& shard, const Hdf5File& file) {
  check_integer_attribute(file, "format_version", kDatasetVersion);
  check_integer_attribute(file, "samples", shard.samples);
  std::vector<std::string> found;
  if (file.contains_attribute("class_names")) found = file.text_list_attribute("class_names");
  if (found != index.spec.class_names())
    throw DataError(fmt::format("{}: the attribute 'class_names' is [{}]; expected [{}] as in {}",
                                file.path().string(), fmt::join(found, ", "),
                                fmt::join(index.spec.class_names(), ", "), kIndexFileName));
}

void check_dataset(const Hdf5File& file, const Field& field, std::int64_t samples) {
  const std::string& name = field.name;
  const std::vector<std::int64_t> shape = field.sizes(samples);
  const at::ScalarType dtype = field.stored();
  const std::vector<std::int64_t> found_shape = file.shape(name);
  const at::ScalarType found_dtype = file.dtype(name);
  if (found_shape != shape || found_dtype != dtype)
    throw DataError(fmt::format("{}: '{}' is {} [{}]; expected {} [{}] as in {}", file.path().string(), name,
                                toString(found_dtype), fmt::join(found_shape, ", "), toString(dtype),
                                fmt::join(shape, ", "), kIndexFileName));
}

}  // namespace

void check_shard_checksum(const DatasetIndex& index, std::size_t shard, std::uint32_t found) {
  const std::uint32_t expected = index.shards[shard].crc32;
  if (found != expected)
    throw DataError(
        fmt::format("{}: the CRC-32 is {:08x}; expected {:08x}: the file is damaged, copy it again "
                    "or import the data again",
                    index.shard_path(shard).string(), found, expected));
}

void check_shard_datasets(const DatasetIndex& index, std::size_t shard, const Hdf5File& file) {
  const std::int64_t samples = index.shards[shard].samples;
  for (const Field& field : index.spec.fields) check_dataset(file, field, samples);
}

void verify_shard(const DatasetIndex& index, std::size_t shard, const std::function<bool()>& should_stop) {
  const ShardEntry& entry = index.shards[shard];
  const std::filesystem::path path = index.shard_path(shard);
  check_shard_checksum(index, shard, crc32_of_file(path, should_stop));
  const Hdf5File file = Hdf5File::open(path);
  check_shard_datasets(index, shard, file);
  check_attributes(index, entry, file);
  for (const Field& field : index.spec.fields)
    if (field.meaning != Meaning::pixels) check_values(field, file.read_tensor(field.name), path.string());
}

}  // namespace ganymede
