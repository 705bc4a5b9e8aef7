// One rank's slice of one global batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

struct Batch {
  at::Tensor images;  // [local, channels, height, width]
  at::Tensor labels;  // int64 [local]; undefined when the dataset has none
  std::int64_t first_place = 0;  // of row 0, in the global batch
  std::int64_t global_batch_size = 0;
  std::int64_t epoch = 0;
  std::int64_t step = 0;  // counted from the beginning of training
};

}  // namespace ganymede
