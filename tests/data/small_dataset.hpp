// A dataset whose contents tell where they come from: pixel p of sample i is (7 i + p) mod 251, its label
// i mod 10.
#pragma once

#include <ATen/ops/arange.h>

#include "base/error.hpp"
#include "data/format/dataset_writer.hpp"

namespace ganymede {

inline constexpr ImageShape kSmallShape{.channels = 2, .height = 3, .width = 4};

inline at::Tensor small_images(std::int64_t first, std::int64_t count) {
  const at::Tensor samples = at::arange(first, first + count).mul(7).reshape({count, 1, 1, 1});
  const at::Tensor pixels = at::arange(kSmallShape.pixels())
                                .reshape({1, kSmallShape.channels, kSmallShape.height, kSmallShape.width});
  return (samples + pixels).remainder(251).to(at::kByte);
}

inline at::Tensor small_labels(std::int64_t first, std::int64_t count) {
  return at::arange(first, first + count).remainder(10);
}

struct SmallDataset {
  std::int64_t samples = 100;
  int shards = 3;
  std::int64_t rows_per_chunk = 8;
  bool labels = true;
};

// Appends in pieces of 7 samples, so that pieces straddle shards and chunks.
inline DatasetIndex write_small_dataset(const std::filesystem::path& folder,
                                        const SmallDataset& dataset = {}) {
  std::vector<std::string> class_names;
  for (int label = 0; dataset.labels && label < 10; ++label)
    class_names.push_back(fmt::format("class {}", label));
  DatasetWriter writer({.folder = folder,
                        .samples = dataset.samples,
                        .spec = image_spec(kSmallShape, class_names),
                        .shards = dataset.shards,
                        .rows_per_chunk = dataset.rows_per_chunk});
  for (std::int64_t first = 0; first < dataset.samples; first += 7) {
    const std::int64_t count = std::min<std::int64_t>(7, dataset.samples - first);
    writer.append(small_images(first, count), dataset.labels ? small_labels(first, count) : at::Tensor());
  }
  return writer.finish();
}

}  // namespace ganymede
