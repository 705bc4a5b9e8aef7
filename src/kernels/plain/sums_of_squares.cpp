#include "kernels/sums_of_squares.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

void sums_of_squares(const at::Tensor& numbers, std::int64_t block, const at::Tensor& sums) {
  const at::NoGradGuard no_grad;
  const at::Tensor squares = numbers.to(at::kDouble).square();
  const std::int64_t whole = numbers.numel() / block, left = numbers.numel() - whole * block;
  if (whole > 0)
    sums.narrow(0, 0, whole).copy_(squares.narrow(0, 0, whole * block).view({whole, block}).sum(1));
  if (left > 0) sums[whole].copy_(squares.narrow(0, whole * block, left).sum());
}

at::Tensor sum_in_order(const at::Tensor& numbers) {
  return numbers.sum();
}

}  // namespace ganymede::plain
