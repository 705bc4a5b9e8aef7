#include "kernels/next_different.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace ganymede::cpu {

at::Tensor next_different_rows(const at::Tensor& rows, const at::Tensor& labels, std::int64_t first,
                               std::int64_t count) {
  const std::int64_t size = rows.size(0), length = rows.size(1);
  const auto* numbers = rows.const_data_ptr<std::int64_t>();
  const auto* label = labels.defined() ? labels.const_data_ptr<std::int64_t>() : nullptr;
  const auto differ = [&](std::int64_t a, std::int64_t b) {
    if (label != nullptr && label[a] == label[b]) return false;
    return !std::equal(numbers + a * length, numbers + (a + 1) * length, numbers + b * length);
  };
  const at::Tensor others = at::empty({count}, at::kLong);
  auto* of_row = others.mutable_data_ptr<std::int64_t>();
  for (std::int64_t row = first; row < first + count; ++row) {
    std::int64_t other = (row + 1) % size;
    while (other != row && !differ(row, other)) other = (other + 1) % size;
    *of_row++ = other;
  }
  return others;
}

}  // namespace ganymede::cpu
