#include "objectives/absolute_error.hpp"

#include <ATen/ATen.h>

namespace ganymede {

LossAndSlope absolute_error(const at::Tensor& output, const at::Tensor& target, double factor) {
  const at::NoGradGuard no_grad;
  at::Tensor difference = output - target;
  const at::Tensor sum = difference.abs().sum(at::kDouble);
  return {.sum = sum, .slope = difference.sign_().mul_(factor)};
}

}  // namespace ganymede
