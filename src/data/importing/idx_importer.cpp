#include "data/importing/idx_importer.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "base/error.hpp"
#include "data/format/class_names.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/import_shape.hpp"
#include "storage/gzip_file.hpp"

namespace ganymede {
namespace {

constexpr std::uint32_t kImagesMagic = 0x00000803;  // unsigned bytes, 3 dimensions
constexpr std::uint32_t kLabelsMagic = 0x00000801;  // unsigned bytes, 1 dimension
constexpr std::int64_t kLargestPixel = 255;

struct IdxFile {
  std::filesystem::path path;
  std::vector<std::int64_t> sizes = {};  // [dimension]
  std::vector<std::uint8_t> bytes;       // with the header
  std::int64_t value_bytes = 1;
  bool has_signs = false;

  std::int64_t header_bytes() const { return 4 + 4 * static_cast<std::int64_t>(sizes.size()); }
  std::int64_t offset(std::int64_t i) const { return header_bytes() + i * value_bytes; }
  std::int64_t value(std::int64_t i) const {
    const std::uint8_t* byte = bytes.data() + offset(i);
    std::uint64_t value = has_signs && byte[0] >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::int64_t b = 0; b < value_bytes; ++b) value = value << 8 | byte[b];
    return static_cast<std::int64_t>(value);
  }
};

// Bytes of a value of the type that a magic number names; 0 of one that is no integer.
std::int64_t value_bytes(std::uint32_t magic) {
  switch (magic >> 8) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
      return 4;
    default:
      return 0;
  }
}

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
  if (magic >> 8 == 0x0D || magic >> 8 == 0x0E) return " (IDX of numbers with a fraction)";
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
  expected *= file.value_bytes;
  const auto found = static_cast<std::int64_t>(file.bytes.size()) - file.header_bytes();
  if (found < expected)
    throw DataError(
        fmt::format("{}: truncated at byte {}: the header says {} samples = {} bytes after it, the "
                    "file has {}",
                    file.path.string(), file.bytes.size(), file.sizes[0], expected, found));
  if (found > expected)
    throw DataError(fmt::format(
        "{}: byte {}: {} bytes too many; the header says {} samples = {} bytes after it", file.path.string(),
        file.header_bytes() + expected, found - expected, file.sizes[0], expected));
}

// Of the magic number's dimensions; its bytes may be other integers.
IdxFile read_idx(const std::filesystem::path& path, std::uint32_t magic) {
  IdxFile file{.path = path, .bytes = read_whole_file(path)};
  const std::uint32_t found = big_endian(file, 0), dimensions = magic & 0xFF;
  if ((found & 0xFF) != dimensions || value_bytes(found) == 0)
    throw DataError(fmt::format("{}: byte 0: magic number 0x{:08x}{}; expected 0x{:08x}{}", path.string(),
                                found, kind_of(found), magic, kind_of(magic)));
  file.value_bytes = value_bytes(found);
  file.has_signs = found >> 8 != 0x08;
  for (std::size_t i = 0; i < dimensions; ++i) file.sizes.push_back(big_endian(file, 4 + 4 * i));
  check_sizes(file);
  return file;
}

std::int64_t checked_value(const IdxFile& file, std::int64_t i, std::int64_t largest) {
  const std::int64_t value = file.value(i);
  if (value < 0 || value > largest)
    throw DataError(
        fmt::format("{}: byte {}: {}; expected 0 to {}", file.path.string(), file.offset(i), value, largest));
  return value;
}

struct Labels {
  at::Tensor tensor;  // int64 [samples]
  std::vector<std::string> class_names;
};

Labels read_labels(const IdxImportOptions& options, std::int64_t samples) {
  const IdxFile file = read_idx(*options.labels, kLabelsMagic);
  if (file.sizes[0] != samples)
    throw DataError(fmt::format("{}: {} labels for the {} images of {}; expected as many", file.path.string(),
                                file.sizes[0], samples, options.images.string()));
  const at::Tensor labels = at::empty({samples}, at::kLong);
  std::int64_t* out = labels.mutable_data_ptr<std::int64_t>();
  std::vector<std::int64_t> counts;  // [label]
  for (std::int64_t i = 0; i < samples; ++i) {
    out[i] = checked_value(file, i, kMostClasses - 1);
    const auto label = static_cast<std::size_t>(out[i]);
    if (label >= counts.size()) counts.resize(label + 1);
    ++counts[label];
  }
  const auto names = static_cast<std::int64_t>(options.class_names.size());
  if (const auto nameless = label_without_name(counts, names)) {
    const std::int64_t sample = std::find(out, out + samples, *nameless) - out;
    throw DataError(
        fmt::format("{}: byte {}: the label of sample {} is {}; expected 0 to {}, as {} class names "
                    "were given",
                    file.path.string(), file.offset(sample), sample, *nameless, names - 1, names));
  }
  const LabelledClasses classes = classes_of_labels(file.path, counts, options.class_names);
  return {.tensor = labels.sub(classes.first), .class_names = classes.names};
}

at::Tensor pixels_of(IdxFile& file) {
  const std::vector<std::int64_t> shape{file.sizes[0], 1, file.sizes[1], file.sizes[2]};
  if (file.value_bytes == 1 && !file.has_signs)
    return at::from_blob(file.bytes.data() + file.header_bytes(), shape, at::kByte);
  at::Tensor pixels = at::empty(shape, at::kByte);
  std::uint8_t* out = pixels.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < pixels.numel(); ++i)
    out[i] = static_cast<std::uint8_t>(checked_value(file, i, kLargestPixel));
  return pixels;
}

}  // namespace

DatasetIndex import_idx(const IdxImportOptions& options) {
  require(options.class_names.empty() || options.labels.has_value(),
          "class names are given, but no labels; expected both or no class names");
  IdxFile images = read_idx(options.images, kImagesMagic);
  const std::int64_t samples = images.sizes[0];
  const ImageShape shape{.channels = 1, .height = images.sizes[1], .width = images.sizes[2]};
  Labels labels;
  if (options.labels) labels = read_labels(options, samples);
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .spec = image_spec(shape, labels.class_names),
                        .shards = options.shards});
  writer.append(pixels_of(images), labels.tensor);
  return writer.finish();
}

}  // namespace ganymede
