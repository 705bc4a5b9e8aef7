#include "data/importing/csv_importer.hpp"

#include <ATen/ops/empty.h>

#include <cmath>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/lower_case.hpp"
#include "data/format/class_names.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/import_shape.hpp"
#include "data/importing/number_table.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{16} << 20;

// pandas writes its index under no name, and reads it back as "Unnamed: 0".
bool is_name_of_index(std::string_view name) {
  return name.empty() || name.starts_with("Unnamed: ") || lower_case(std::string(name)) == "index";
}

bool is_name_of_label(std::string_view name) {
  const std::string small = lower_case(std::string(name));
  return small == "label" || small == "labels" || small == "class" || small == "target";
}

class CsvRows {
 public:
  explicit CsvRows(const CsvImportOptions& options)
      : options_(options),
        table_(options.file),
        pixels_(static_cast<std::size_t>(options.shape.pixels())),
        columns_(pixels_ + (options.label_column == LabelColumn::none ? 0 : 1)),
        first_pixel_(options.label_column == LabelColumn::first ? 1 : 0),
        label_(options.label_column == LabelColumn::first ? 0 : pixels_) {}

  const NumberTable& table() const { return table_; }
  std::size_t label_column() const { return label_; }

  // The pixels of the next row into `pixels`; false after the last one.
  bool next(std::uint8_t* pixels, std::int64_t& label) {
    if (!table_.next()) return false;
    check_columns();
    for (std::size_t i = 0; i < pixels_; ++i)
      pixels[i] = static_cast<std::uint8_t>(integer(first_pixel_ + i, "the pixel", 255));
    if (options_.label_column != LabelColumn::none) label = integer(label_, "the label", kMostClasses - 1);
    return true;
  }

 private:
  void check_columns() const {
    const auto& fields = table_.fields();
    // A separator may end each row, too.
    const std::size_t found =
        fields.size() - (fields.size() == columns_ + 1 && fields.back().empty() ? 1 : 0);
    if (found != columns_)
      throw DataError(fmt::format("{}: line {}: {} columns; expected {}: {} x {} x {} pixels and {} label{}",
                                  table_.file().string(), table_.line(), found, columns_,
                                  options_.shape.channels, options_.shape.height, options_.shape.width,
                                  options_.label_column == LabelColumn::none ? "no" : "a", advice(found)));
    if (table_.row() == 0 && options_.label_column != LabelColumn::none && table_.header().size() == columns_)
      check_label_name();
  }

  // The likely reason for one column too many.
  std::string_view advice(std::size_t found) const {
    if (found != columns_ + 1) return "";
    const auto& header = table_.header();
    const auto number = number_in(table_.fields().front());
    const bool named = !header.empty() && is_name_of_index(header.front());
    if (options_.label_column == LabelColumn::none && !named)
      return "; say where the label is with --label-column";
    if (named || (table_.row() == 0 && number && (*number == 0 || *number == 1)))
      return "; is the first one an index? write the table without it, in pandas with index=False";
    return "";
  }

  void check_label_name() const {
    const std::string& name = table_.header()[label_];
    const std::string& other = label_ == 0 ? table_.header().back() : table_.header().front();
    if (label_ == 0 && is_name_of_index(name))
      throw DataError(
          fmt::format("{}: the header calls column 1, read as the label, '{}': an index; write the table "
                      "without it, in pandas with index=False",
                      table_.file().string(), name));
    if (!is_name_of_label(name) && is_name_of_label(other))
      throw DataError(
          fmt::format("{}: the header calls column {} '{}', but the label is read from column {} ('{}'); say "
                      "--label-column {}",
                      table_.file().string(), label_ == 0 ? columns_ : 1, other, label_ + 1, name,
                      label_ == 0 ? "last" : "first"));
  }

  std::int64_t integer(std::size_t column, const char* what, std::int64_t largest) const {
    const std::string_view field = table_.fields()[column];
    const std::optional<double> number = number_in(field);
    if (!number || !(*number >= 0) || *number > static_cast<double>(largest) ||
        std::trunc(*number) != *number)
      throw DataError(fmt::format("{}: line {}, column {}: {} is '{}'; expected an integer from 0 to {}",
                                  table_.file().string(), table_.line(), column + 1, what,
                                  field.substr(0, 20), largest));
    return static_cast<std::int64_t>(*number);
  }

  const CsvImportOptions& options_;
  NumberTable table_;
  std::size_t pixels_, columns_, first_pixel_, label_;  // counts, and places in a row
};

void check(const CsvImportOptions& options) {
  check_asked_shape(options.shape);
  require(options.class_names.empty() || options.label_column != LabelColumn::none,
          "class names are given, but no label column; expected both or no class names");
}

struct Survey {
  std::int64_t rows = 0;
  LabelledClasses classes = {};
};

// Reads every row, so that a mistake is found before anything is written.
Survey survey(const CsvImportOptions& options) {
  CsvRows rows(options);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(options.shape.pixels()));
  std::vector<std::int64_t> samples, lines;  // [label]: how many rows have it, the first of them
  Survey found;
  for (std::int64_t label = -1; rows.next(pixels.data(), label); ++found.rows) {
    if (label < 0) continue;
    const auto place = static_cast<std::size_t>(label);
    if (place >= samples.size()) samples.resize(place + 1), lines.resize(place + 1);
    if (samples[place]++ == 0) lines[place] = rows.table().line();
  }
  if (found.rows == 0)
    throw DataError(fmt::format("{}: no rows; expected one for each image", options.file.string()));
  const std::vector<std::string>& header = rows.table().header();
  if (!header.empty() && number_in(header[header.size() / 2]))
    spdlog::info("{}: the first line counts the columns: it is taken for a header", options.file.string());
  if (samples.empty()) return found;
  const auto names = static_cast<std::int64_t>(options.class_names.size());
  if (const auto nameless = label_without_name(samples, names))
    throw DataError(fmt::format(
        "{}: line {}, column {}: the label is '{}'; expected an integer from 0 to {}, as {} class "
        "names were given",
        options.file.string(), lines.back(), rows.label_column() + 1, *nameless, names - 1, names));
  found.classes = classes_of_labels(options.file, samples, options.class_names);
  return found;
}

}  // namespace

DatasetIndex import_csv(const CsvImportOptions& options) {
  check(options);
  const auto [samples, classes] = survey(options);
  const bool has_labels = options.label_column != LabelColumn::none;
  const ImageShape& shape = options.shape;
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .spec = image_spec(shape, classes.names),
                        .shards = options.shards});
  CsvRows rows(options);
  const std::int64_t most = std::clamp<std::int64_t>(kBlockBytes / shape.pixels(), 1, 1024);
  for (std::int64_t first = 0; first < samples; first += most) {
    const std::int64_t count = std::min(most, samples - first);
    const at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width}, at::kByte);
    const at::Tensor labels = at::empty({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i)
      if (!rows.next(images.mutable_data_ptr<std::uint8_t>() + i * shape.pixels(),
                     labels.mutable_data_ptr<std::int64_t>()[i]))
        throw DataError(
            fmt::format("{}: it became shorter while it was read; import it again", options.file.string()));
    writer.append(images, has_labels ? labels.sub(classes.first) : at::Tensor());
  }
  return writer.finish();
}

}  // namespace ganymede
