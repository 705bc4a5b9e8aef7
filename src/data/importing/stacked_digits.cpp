#include "data/importing/stacked_digits.hpp"

#include <ATen/ops/empty.h>

#include "base/error.hpp"
#include "base/random_stream.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_writer.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kDigitsTogether = 1024;

struct Digits {
  at::Tensor images;  // uint8 [samples, 1, height, width]
  at::Tensor labels;  // int64 [samples]
  std::int64_t classes;
};

Digits read_digits(const DatasetIndex& index) {
  const Field& sample = index.spec.sample();
  const std::int64_t classes = index.spec.classes();
  require(sample.meaning == Meaning::pixels && sample.shape[0] == 1 && classes >= 2 && classes <= 10,
          "{}: it holds {} of {} channels and {} classes; expected images of 1 channel and 2 to 10 classes, "
          "such as MNIST",
          index.folder.string(), sample.name, sample.image_shape().channels, classes);
  const Digits digits{.images = at::empty(sample.sizes(index.samples), at::kByte),
                      .labels = at::empty({index.samples}, at::kLong),
                      .classes = classes};
  DatasetReader reader(index);
  reader.read(sample, 0, index.samples, digits.images);
  reader.read(index.spec.fields[*index.spec.find(Meaning::label)], 0, index.samples, digits.labels);
  return digits;
}

std::vector<std::string> names_of_stacks(std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t a = 0; a < classes; ++a)
    for (std::int64_t b = 0; b < classes; ++b)
      for (std::int64_t c = 0; c < classes; ++c) names.push_back(fmt::format("{}{}{}", a, b, c));
  return names;
}

void append_stacks(const Digits& digits, std::uint64_t seed, std::int64_t first, std::int64_t count,
                   DatasetWriter& writer) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(3 * count));
  RandomStream(seed, {.purpose = Purpose::synthesize}, 0).words(words, static_cast<std::uint32_t>(first), 3);
  const std::int64_t pixels = digits.images.size(2) * digits.images.size(3);
  const at::Tensor images = at::empty({count, 3, digits.images.size(2), digits.images.size(3)}, at::kByte);
  const at::Tensor labels = at::empty({count}, at::kLong);
  const auto source_samples = static_cast<std::uint64_t>(digits.images.size(0));
  const auto* source = digits.images.const_data_ptr<std::uint8_t>();
  const auto* source_labels = digits.labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t label = 0;
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const std::uint32_t word = words[static_cast<std::size_t>(3 * i + channel)];
      const auto sample = static_cast<std::int64_t>(below(source_samples, word));
      std::copy_n(source + sample * pixels, pixels,
                  images.mutable_data_ptr<std::uint8_t>() + (3 * i + channel) * pixels);
      label = label * digits.classes + source_labels[sample];
    }
    labels.mutable_data_ptr<std::int64_t>()[i] = label;
  }
  writer.append(images, labels);
}

}  // namespace

DatasetIndex make_stacked_digits(const StackedDigitsOptions& options) {
  constexpr std::int64_t kMostSamples = std::int64_t{1} << 32;
  require(options.samples < kMostSamples, "the number of samples is {}; expected less than 2^32",
          options.samples);
  const DatasetIndex source = read_dataset_index(options.source);
  require(source.samples < kMostSamples, "{}: it has {} samples; expected less than 2^32",
          source.folder.string(), source.samples);
  const Digits digits = read_digits(source);
  const ImageShape shape = source.spec.sample().image_shape();
  DatasetWriter writer({.folder = options.out,
                        .samples = options.samples,
                        .spec = image_spec({.channels = 3, .height = shape.height, .width = shape.width},
                                           names_of_stacks(digits.classes)),
                        .shards = options.shards});
  for (std::int64_t first = 0; first < options.samples; first += kDigitsTogether)
    append_stacks(digits, options.seed, first, std::min(kDigitsTogether, options.samples - first), writer);
  return writer.finish();
}

}  // namespace ganymede
