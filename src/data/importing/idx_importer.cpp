#include "data/importing/idx_importer.hpp"

#include <ATen/ops/empty.h>

#include <optional>

#include "base/error.hpp"
#include "data/format/class_names.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/idx_file.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kValuesTogether = std::int64_t{1} << 20;
constexpr std::int64_t kLargestPixel = 255, kLargestLabel = kMostClasses - 1;

LabelledClasses survey_labels(const IdxHeader& header, const std::vector<std::string>& given_names) {
  std::vector<std::int64_t> counts, first_seen;  // [label]
  std::vector<std::int64_t> labels;
  IdxValues values(header, kLargestLabel);
  for (std::int64_t first = 0; first < header.samples(); first += static_cast<std::int64_t>(labels.size())) {
    labels.resize(static_cast<std::size_t>(std::min(kValuesTogether, header.samples() - first)));
    values.read<std::int64_t>(labels);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto label = static_cast<std::size_t>(labels[i]);
      if (label >= counts.size()) counts.resize(label + 1), first_seen.resize(label + 1);
      if (counts[label]++ == 0) first_seen[label] = first + static_cast<std::int64_t>(i);
    }
  }
  const auto names = static_cast<std::int64_t>(given_names.size());
  if (const auto nameless = label_without_name(counts, names)) {
    const std::int64_t sample = first_seen[static_cast<std::size_t>(*nameless)];
    throw DataError(
        fmt::format("{}: byte {}: the label of sample {} is {}; expected 0 to {}, as {} class names "
                    "were given",
                    header.path.string(), header.offset(sample), sample, *nameless, names - 1, names));
  }
  return classes_of_labels(header.path, counts, given_names);
}

struct IdxLabels {
  IdxHeader header;
  LabelledClasses classes;
};

std::optional<IdxLabels> find_labels(const IdxImportOptions& options, std::int64_t samples) {
  if (!options.labels) return std::nullopt;
  IdxHeader header = read_idx_header(*options.labels, kIdxLabels);
  if (header.samples() != samples)
    throw DataError(fmt::format("{}: {} labels for the {} images of {}; expected as many",
                                header.path.string(), header.samples(), samples, options.images.string()));
  LabelledClasses classes = survey_labels(header, options.class_names);
  return IdxLabels{std::move(header), std::move(classes)};
}

}  // namespace

DatasetIndex import_idx(const IdxImportOptions& options) {
  require(options.class_names.empty() || options.labels.has_value(),
          "class names are given, but no labels; expected both or no class names");
  const IdxHeader images = read_idx_header(options.images, kIdxImages);
  const ImageShape shape{.channels = 1, .height = images.sizes[1], .width = images.sizes[2]};
  const auto labels = find_labels(options, images.samples());
  DatasetWriter writer(
      {.folder = options.out,
       .samples = images.samples(),
       .spec = image_spec(shape, labels ? labels->classes.names : std::vector<std::string>{}),
       .shards = options.shards});
  IdxValues pixel_values(images, kLargestPixel);
  std::optional<IdxValues> label_values;
  if (labels) label_values.emplace(labels->header, kLargestLabel);
  const std::int64_t most = std::max<std::int64_t>(1, kValuesTogether / shape.pixels());
  for (std::int64_t first = 0; first < images.samples(); first += most) {
    const std::int64_t count = std::min(most, images.samples() - first);
    const at::Tensor pixels = at::empty({count, 1, shape.height, shape.width}, at::kByte);
    pixel_values.read(std::span(pixels.mutable_data_ptr<std::uint8_t>(), count * shape.pixels()));
    at::Tensor numbers;
    if (labels) {
      numbers = at::empty({count}, at::kLong);
      label_values->read(std::span(numbers.mutable_data_ptr<std::int64_t>(), count));
      numbers.sub_(labels->classes.first);
    }
    writer.append(pixels, numbers);
  }
  return writer.finish();
}

}  // namespace ganymede
