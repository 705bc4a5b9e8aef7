// Samples in memory, from which a rank takes its places one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ganymede {

struct RowWindow {
  at::Tensor samples;               // uint8 [rows, channels, height, width], or float32 [rows, dimensions]
  at::Tensor labels;                // int64 [rows]; undefined without labels
  std::vector<std::int64_t> order;  // rows of `samples` and `labels`, place by place
};

}  // namespace ganymede
