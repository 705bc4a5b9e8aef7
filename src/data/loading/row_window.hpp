// Samples in memory, from which a rank takes its places one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ganymede {

struct RowWindow {
  std::vector<at::Tensor> fields;   // [field]: [rows, shape...] as stored
  std::vector<std::int64_t> order;  // rows of the fields, place by place
};

}  // namespace ganymede
