#include "kernels/bias_activation.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias, double slope_below_zero) {
  const at::NoGradGuard no_grad;
  at::Tensor sums = values.add_(bias);
  if (slope_below_zero == 0)
    at::relu_(sums);
  else if (slope_below_zero != 1)
    at::leaky_relu_(sums, slope_below_zero);
}

at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output, double slope_below_zero,
                               const RunningSum& bias_gradient) {
  const at::NoGradGuard no_grad;
  const at::Tensor before = slope_below_zero == 1
                                ? gradient
                                : at::leaky_relu_backward(gradient, output, slope_below_zero,
                                                          /*self_is_result=*/true);
  if (bias_gradient.numbers.defined()) bias_gradient.add(before.sum(0));
  return before;
}

}  // namespace ganymede::plain
