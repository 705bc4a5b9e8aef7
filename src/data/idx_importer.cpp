#include "data/idx_importer.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "base/error.hpp"
#include "data/class_names.hpp"
#include "data/dataset_writer.hpp"
#include "storage/gzip_file.hpp"

namespace ganymede {
namespace {

constexpr std::uint32_t kImagesMagic = 0x00000803;  // unsigned bytes, 3 dimensions
constexpr std::uint32_t kLabelsMagic = 0x00000801;  // unsigned bytes, 1 dimension
constexpr std::int64_t kLargestSide = 16384;        // keeps samples * height * width below 2^63

struct IdxFile {
  std::filesystem::path path;
  std::vector<std::int64_t> sizes = {};  // [dimension]
  std::vector<std::uint8_t> bytes;       // with the header

  std::size_t header_bytes() const { return 4 + 4 * sizes.size(); }
  std::uint8_t* values() { return bytes.data() + header_bytes(); }
};

// 4 bytes, most significant first.
std::uint32_t big_endian(const IdxFile& file, std::size_t offset) {
  if (file.bytes.size() < offset + 4)
    throw DataError(fmt::format("{}: truncated: the header needs bytes {} to {}, the file has {} bytes",
                                file.path.string(), offset, offset + 3, file.bytes.size()));
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | file.bytes[offset + i];
  return value;
}

std::string_view kind_of(std::uint32_t magic) {
  if (magic == kImagesMagic) return " (IDX images)";
  if (magic == kLabelsMagic) return " (IDX labels)";
  return "";
}

void check_sizes(const IdxFile& file) {
  if (file.sizes[0] == 0)
    throw DataError(fmt::format("{}: byte 4: 0 samples; expected at least one", file.path.string()));
  std::int64_t expected = file.sizes[0];
  for (std::size_t i = 1; i < file.sizes.size(); ++i) {
    if (file.sizes[i] < 1 || file.sizes[i] > kLargestSide)
      throw DataError(fmt::format("{}: byte {}: the {} is {}; expected 1 to {}", file.path.string(),
                                  4 + 4 * i, i == 1 ? "height" : "width", file.sizes[i], kLargestSide));
    expected *= file.sizes[i];
  }
  const auto found = static_cast<std::int64_t>(file.bytes.size() - file.header_bytes());
  if (found < expected)
    throw DataError(
        fmt::format("{}: truncated at byte {}: the header says {} samples = {} bytes after it, the "
                    "file has {}",
                    file.path.string(), file.bytes.size(), file.sizes[0], expected, found));
  if (found > expected)
    throw DataError(
        fmt::format("{}: byte {}: {} bytes too many; the header says {} samples = {} bytes after it",
                    file.path.string(), static_cast<std::int64_t>(file.header_bytes()) + expected,
                    found - expected, file.sizes[0], expected));
}

IdxFile read_idx(const std::filesystem::path& path, std::uint32_t magic, std::size_t dimensions) {
  IdxFile file{.path = path, .bytes = read_whole_file(path)};
  const std::uint32_t found = big_endian(file, 0);
  if (found != magic)
    throw DataError(fmt::format("{}: byte 0: magic number 0x{:08x}{}; expected 0x{:08x}{}", path.string(),
                                found, kind_of(found), magic, kind_of(magic)));
  for (std::size_t i = 0; i < dimensions; ++i) file.sizes.push_back(big_endian(file, 4 + 4 * i));
  check_sizes(file);
  return file;
}

struct Labels {
  at::Tensor tensor;  // int64 [samples]
  std::vector<std::string> class_names;
};

Labels read_labels(const IdxImportOptions& options, std::int64_t samples) {
  IdxFile file = read_idx(*options.labels, kLabelsMagic, 1);
  if (file.sizes[0] != samples)
    throw DataError(fmt::format("{}: {} labels for the {} images of {}; expected as many", file.path.string(),
                                file.sizes[0], samples, options.images.string()));
  Labels labels{.tensor = at::empty({samples}, at::kLong), .class_names = options.class_names};
  std::int64_t* out = labels.tensor.mutable_data_ptr<std::int64_t>();
  std::copy_n(file.values(), samples, out);
  const std::int64_t* largest = std::max_element(out, out + samples);
  const auto classes = static_cast<std::int64_t>(options.class_names.size());
  if (classes > 0 && *largest >= classes) {
    const std::int64_t sample = std::find_if(out, out + samples, [&](auto l) { return l >= classes; }) - out;
    throw DataError(
        fmt::format("{}: byte {}: the label of sample {} is {}; expected 0 to {}, as {} class names "
                    "were given",
                    file.path.string(), static_cast<std::int64_t>(file.header_bytes()) + sample, sample,
                    out[sample], classes - 1, classes));
  }
  if (classes == 0) labels.class_names = numbered_classes(*largest + 1);
  return labels;
}

}  // namespace

DatasetIndex import_idx(const IdxImportOptions& options) {
  require(options.class_names.empty() || options.labels.has_value(),
          "class names are given, but no labels; expected both or no class names");
  IdxFile images = read_idx(options.images, kImagesMagic, 3);
  const std::int64_t samples = images.sizes[0];
  const ImageShape shape{.channels = 1, .height = images.sizes[1], .width = images.sizes[2]};
  Labels labels;
  if (options.labels) labels = read_labels(options, samples);
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .shape = shape,
                        .class_names = labels.class_names,
                        .shards = options.shards});
  writer.append(at::from_blob(images.values(), {samples, 1, shape.height, shape.width}, at::kByte),
                labels.tensor);
  return writer.finish();
}

}  // namespace ganymede
