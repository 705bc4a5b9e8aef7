// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "kernels/sums_of_squares.hpp"

#include <ATen/Dispatch.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace ganymede::cpu {
namespace {

template <typename T>
double sum_of_squares(const T* x, std::int64_t count) {
  constexpr std::int64_t kLanes = 16;
  std::array<double, kLanes> sums{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
  for (; i < count; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

void sums_of_squares(const at::Tensor& numbers, std::int64_t block, const at::Tensor& sums) {
  AT_DISPATCH_FLOATING_TYPES(numbers.scalar_type(), "sums_of_squares", [&] {
    const auto* x = numbers.const_data_ptr<scalar_t>();
    auto* sum = sums.mutable_data_ptr<double>();
    for (std::int64_t begin = 0; begin < numbers.numel(); begin += block)
      *sum++ = sum_of_squares(x + begin, std::min(block, numbers.numel() - begin));
  });
}

at::Tensor sum_in_order(const at::Tensor& numbers) {
  const auto* x = numbers.const_data_ptr<double>();
  return at::scalar_tensor(std::accumulate(x, x + numbers.numel(), 0.0), at::kDouble);
}

}  // namespace ganymede::cpu
