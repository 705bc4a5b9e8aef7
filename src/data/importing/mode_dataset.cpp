#include "data/importing/mode_dataset.hpp"

#include <ATen/ops/empty.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/random_stream.hpp"
#include "data/format/class_names.hpp"
#include "data/format/dataset_writer.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kPointsTogether = 1 << 16;
constexpr std::int64_t kRowsPerChunk = 1024;  // points are small
constexpr std::uint8_t kModeLayer = 0, kDeviationLayer = 1;

// The last bits of a cosine depend on the maths library; 12 decimals do not.
double rounded(double x) {
  return std::round(x * 1e12) / 1e12 + 0.0;  // + 0.0 makes -0 a plain 0
}

RandomStream stream_of(std::uint64_t seed, std::uint8_t layer) {
  return {seed, {.purpose = Purpose::synthesize, .layer = layer}, 0};
}

struct Points {
  at::Tensor points;  // float [count, 2]
  at::Tensor labels;  // int64 [count]: the mode that each was drawn from
};

Points draw_points(const ModeLaw& law, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(count));
  std::vector<float> deviations(static_cast<std::size_t>(2 * count));
  stream_of(seed, kModeLayer).words(words, static_cast<std::uint32_t>(first), 1);
  stream_of(seed, kDeviationLayer).normal(deviations, static_cast<std::uint32_t>(first), 2);
  const Points drawn{at::empty({count, 2}, at::kFloat), at::empty({count}, at::kLong)};
  auto* out = drawn.points.mutable_data_ptr<float>();
  auto* labels = drawn.labels.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t mode = below(law.centers.size(), words[i]);
    const auto& center = law.centers[mode];
    labels[i] = static_cast<std::int64_t>(mode);
    for (std::size_t axis = 0; axis < 2; ++axis)
      out[2 * i + axis] =
          static_cast<float>(center[axis] + law.standard_deviation * deviations[2 * i + axis]);
  }
  return drawn;
}

}  // namespace

ModeLaw ring_law(const RingOptions& options) {
  require(options.modes >= 1 && options.modes <= kMostClasses,
          "the number of modes is {}; expected at least 1 and at most {}", options.modes, kMostClasses);
  ModeLaw law{.centers = {}, .standard_deviation = options.standard_deviation};
  for (int mode = 0; mode < options.modes; ++mode) {
    const double angle = 2 * std::numbers::pi * mode / options.modes;
    law.centers.push_back(
        {rounded(options.radius * std::cos(angle)), rounded(options.radius * std::sin(angle))});
  }
  return law;
}

ModeLaw grid_law(double standard_deviation) {
  ModeLaw law{.centers = {}, .standard_deviation = standard_deviation};
  for (int x = -4; x <= 4; x += 2)
    for (int y = -4; y <= 4; y += 2) law.centers.push_back({static_cast<double>(x), static_cast<double>(y)});
  return law;
}

DatasetIndex make_mode_dataset(const ModeLaw& law, const ModeDatasetOptions& options) {
  require(std::isfinite(law.standard_deviation) && law.standard_deviation >= 0,
          "the standard deviation is {}; expected a number from 0 on", law.standard_deviation);
  require(options.samples < std::int64_t{1} << 32, "the number of samples is {}; expected less than 2^32",
          options.samples);
  DatasetWriter writer(
      {.folder = options.out,
       .samples = options.samples,
       .spec = point_spec(2, numbered_classes(static_cast<std::int64_t>(law.centers.size()))),
       .shards = options.shards,
       .rows_per_chunk = kRowsPerChunk,
       .modes = law});
  for (std::int64_t first = 0; first < options.samples; first += kPointsTogether) {
    const Points block =
        draw_points(law, options.seed, first, std::min(kPointsTogether, options.samples - first));
    writer.append(block.points, block.labels);
  }
  return writer.finish();
}

}  // namespace ganymede
