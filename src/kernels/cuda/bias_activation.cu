#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>

#include "kernels/arithmetic/bias_activation.hpp"
#include "kernels/bias_activation.hpp"
#include "kernels/cuda/launch.cuh"

namespace ganymede::cuda {

void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias, double slope_below_zero) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "add_bias_and_activate_", [&] {
    launch(values.device(), values.numel(),
           BiasActivationAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), bias.const_data_ptr<scalar_t>(),
                                      values.size(1), static_cast<scalar_t>(slope_below_zero)});
  });
}

// The sums over rows are ATen's.
at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output, double slope_below_zero,
                               const at::Tensor& bias_gradient) {
  const at::NoGradGuard no_grad;
  at::Tensor before = gradient;
  if (slope_below_zero != 1) {
    before = at::empty_like(gradient);
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "activation_backward", [&] {
      launch(gradient.device(), gradient.numel(),
             ActivationBackwardAt<scalar_t>{
                 before.mutable_data_ptr<scalar_t>(), gradient.const_data_ptr<scalar_t>(),
                 output.const_data_ptr<scalar_t>(), static_cast<scalar_t>(slope_below_zero)});
    });
  }
  if (bias_gradient.defined()) bias_gradient.add_(before.sum(0));
  return before;
}

}  // namespace ganymede::cuda
