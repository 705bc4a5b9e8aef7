#include "data/csv_importer.hpp"

#include <ATen/ops/empty.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "data/class_names.hpp"
#include "data/dataset_writer.hpp"
#include "storage/text_lines.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{16} << 20;
constexpr std::int64_t kLargestSide = 16384;

std::optional<double> number_in(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  double number = 0;
  const auto [end, status] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (status != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(',', begin);
    fields.push_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return fields;
    begin = end + 1;
  }
}

class CsvRows {
 public:
  explicit CsvRows(const CsvImportOptions& options) : options_(options), lines_(options.file) {}

  // The pixels of the next row into `pixels`; false after the last one.
  bool next(std::uint8_t* pixels, std::int64_t& label) {
    if (!next_fields()) return false;
    const bool has_label = options_.label_column != LabelColumn::none;
    const auto count = static_cast<std::size_t>(options_.shape.pixels());
    if (fields_.size() != count + (has_label ? 1 : 0))
      throw DataError(fmt::format("{}: line {}: {} columns; expected {}: {} x {} x {} pixels and {} label",
                                  lines_.file().string(), lines_.number(), fields_.size(),
                                  count + (has_label ? 1 : 0), options_.shape.channels, options_.shape.height,
                                  options_.shape.width, has_label ? "a" : "no"));
    const std::size_t first = options_.label_column == LabelColumn::first ? 1 : 0;
    for (std::size_t i = 0; i < count; ++i)
      pixels[i] = static_cast<std::uint8_t>(integer(first + i, "the pixel", 255));
    if (has_label) label = integer(first == 1 ? 0 : count, "the label", largest_label());
    return true;
  }

 private:
  bool next_fields() {
    while (lines_.next(line_)) {
      if (line_.empty()) continue;
      fields_ = split(line_);
      const bool is_header = !seen_ && std::none_of(fields_.begin(), fields_.end(), number_in);
      seen_ = true;
      if (!is_header) return true;
    }
    return false;
  }

  std::int64_t largest_label() const {
    return (options_.class_names.empty() ? kMostClasses
                                         : static_cast<std::int64_t>(options_.class_names.size())) -
           1;
  }

  std::int64_t integer(std::size_t column, const char* what, std::int64_t largest) const {
    const std::optional<double> number = number_in(fields_[column]);
    if (!number || *number < 0 || *number > static_cast<double>(largest) || std::trunc(*number) != *number)
      throw DataError(fmt::format("{}: line {}, column {}: {} is '{}'; expected an integer from 0 to {}",
                                  lines_.file().string(), lines_.number(), column + 1, what,
                                  fields_[column].substr(0, 20), largest));
    return static_cast<std::int64_t>(*number);
  }

  const CsvImportOptions& options_;
  TextLines lines_;
  std::string line_;
  std::vector<std::string_view> fields_;  // of line_
  bool seen_ = false;                     // a line that is not empty
};

void check(const CsvImportOptions& options) {
  const ImageShape& shape = options.shape;
  require(shape.channels == 1 || shape.channels == 3, "the number of channels is {}; expected 1 or 3",
          shape.channels);
  require(
      shape.height >= 1 && shape.height <= kLargestSide && shape.width >= 1 && shape.width <= kLargestSide,
      "the images are {} x {} (height x width); expected sides of 1 to {}", shape.height, shape.width,
      kLargestSide);
  require(options.class_names.empty() || options.label_column != LabelColumn::none,
          "class names are given, but no label column; expected both or no class names");
}

struct Extent {
  std::int64_t rows = 0, largest_label = -1;
};

// Reads every row, so that a mistake is found before anything is written.
Extent survey(const CsvImportOptions& options) {
  CsvRows rows(options);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(options.shape.pixels()));
  Extent extent;
  for (std::int64_t label = -1; rows.next(pixels.data(), label); ++extent.rows)
    extent.largest_label = std::max(extent.largest_label, label);
  if (extent.rows == 0)
    throw DataError(fmt::format("{}: no rows; expected one for each image", options.file.string()));
  return extent;
}

}  // namespace

DatasetIndex import_csv(const CsvImportOptions& options) {
  check(options);
  const Extent extent = survey(options);
  const bool has_labels = options.label_column != LabelColumn::none;
  const ImageShape& shape = options.shape;
  DatasetWriter writer({.folder = options.out,
                        .samples = extent.rows,
                        .shape = shape,
                        .class_names = options.class_names.empty()
                                           ? numbered_classes(extent.largest_label + 1)
                                           : options.class_names,
                        .shards = options.shards});
  CsvRows rows(options);
  const std::int64_t most = std::clamp<std::int64_t>(kBlockBytes / shape.pixels(), 1, 1024);
  for (std::int64_t first = 0; first < extent.rows; first += most) {
    const std::int64_t count = std::min(most, extent.rows - first);
    const at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width}, at::kByte);
    const at::Tensor labels = at::empty({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i)
      if (!rows.next(images.mutable_data_ptr<std::uint8_t>() + i * shape.pixels(),
                     labels.mutable_data_ptr<std::int64_t>()[i]))
        throw DataError(
            fmt::format("{}: it became shorter while it was read; import it again", options.file.string()));
    writer.append(images, has_labels ? labels : at::Tensor());
  }
  return writer.finish();
}

}  // namespace ganymede
