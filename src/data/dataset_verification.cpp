#include "data/dataset_verification.hpp"

#include <ATen/ops/empty.h>

#include <cmath>

#include "base/error.hpp"
#include "storage/checksum.hpp"

namespace ganymede {
namespace {

void check_checksum(const ShardEntry& shard, const std::filesystem::path& path,
                    const std::function<bool()>& should_stop) {
  const std::uint32_t found = crc32_of_file(path, should_stop);
  if (found != shard.crc32)
    throw DataError(
        fmt::format("{}: the CRC-32 is {:08x}; expected {:08x}: the file is damaged, copy it again "
                    "or import the data again",
                    path.string(), found, shard.crc32));
}

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
  if (found != index.class_names)
    throw DataError(fmt::format("{}: the attribute 'class_names' is [{}]; expected [{}] as in {}",
                                file.path().string(), fmt::join(found, ", "),
                                fmt::join(index.class_names, ", "), kIndexFileName));
}

void check_labels(const DatasetIndex& index, const Hdf5File& file) {
  const at::Tensor labels = file.read_tensor("labels");
  const std::int64_t* label = labels.const_data_ptr<std::int64_t>();
  const auto classes = static_cast<std::int64_t>(index.class_names.size());
  for (std::int64_t row = 0; row < labels.size(0); ++row)
    if (label[row] < 0 || label[row] >= classes)
      throw DataError(fmt::format("{}: labels[{}] is {}; expected 0 to {}, as there are {} class names",
                                  file.path().string(), row, label[row], classes - 1, classes));
}

void check_points(const Hdf5File& file) {
  const at::Tensor points = file.read_tensor("points");
  const auto* number = points.const_data_ptr<float>();
  for (std::int64_t i = 0; i < points.numel(); ++i)
    if (!std::isfinite(number[i]))
      throw DataError(fmt::format("{}: points[{}][{}] is {}; expected a finite number", file.path().string(),
                                  i / points.size(1), i % points.size(1), number[i]));
}

void check_dataset(const Hdf5File& file, const std::string& name, const std::vector<std::int64_t>& shape,
                   at::ScalarType dtype) {
  const std::vector<std::int64_t> found_shape = file.shape(name);
  const at::ScalarType found_dtype = file.dtype(name);
  if (found_shape != shape || found_dtype != dtype)
    throw DataError(fmt::format("{}: '{}' is {} [{}]; expected {} [{}] as in {}", file.path().string(), name,
                                toString(found_dtype), fmt::join(found_shape, ", "), toString(dtype),
                                fmt::join(shape, ", "), kIndexFileName));
}

}  // namespace

void check_shard_datasets(const DatasetIndex& index, std::size_t shard, const Hdf5File& file) {
  const std::int64_t samples = index.shards[shard].samples;
  check_dataset(file, index.sample_name(), index.sample_sizes(samples), index.sample_dtype());
  if (index.has_labels()) check_dataset(file, "labels", {samples}, at::kLong);
}

void verify_shard(const DatasetIndex& index, std::size_t shard, const std::function<bool()>& should_stop) {
  const ShardEntry& entry = index.shards[shard];
  const std::filesystem::path path = index.shard_path(shard);
  check_checksum(entry, path, should_stop);
  const Hdf5File file = Hdf5File::open(path);
  check_shard_datasets(index, shard, file);
  check_attributes(index, entry, file);
  if (index.has_labels()) check_labels(index, file);
  if (index.kind == SampleKind::points) check_points(file);
}

}  // namespace ganymede
