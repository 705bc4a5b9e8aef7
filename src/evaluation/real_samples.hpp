// The dataset's side of a comparison: its samples in memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct RealSamples {
  at::Tensor samples;  // uint8 [n, channels, height, width], or float32 [n, dimensions] of points
  at::Tensor labels;   // int64 [n]; undefined without labels
};

// All samples, or, of a dataset that has more than at_most, whole chunks at equal distances that come to
// about as many. Throws DataError if a shard is not what the index says.
RealSamples read_real_samples(const DatasetIndex& index, std::int64_t at_most);

}  // namespace ganymede
