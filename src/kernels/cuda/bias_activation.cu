#include <ATen/ops/empty_like.h>

#include "kernels/arithmetic/bias_activation.hpp"
#include "kernels/bias_activation.hpp"
#include "kernels/cuda/launch.cuh"

namespace ganymede::cuda {
namespace {

// Up to here one block of threads goes down a column fast enough.
constexpr std::int64_t kMostRowsOfBlock = 2048;

}  // namespace

void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias, double slope_below_zero) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "add_bias_and_activate_", [&] {
    launch(values.device(), values.numel(),
           BiasActivationAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), bias.const_data_ptr<scalar_t>(),
                                      values.size(1), static_cast<scalar_t>(slope_below_zero)});
  });
}

at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output, double slope_below_zero,
                               const RunningSum& bias_gradient) {
  const bool activated = slope_below_zero != 1;
  const at::Tensor before = activated ? at::empty_like(gradient) : gradient;
  AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "activation_backward", [&] {
    scalar_t* to = activated ? before.mutable_data_ptr<scalar_t>() : nullptr;
    const auto* from = gradient.const_data_ptr<scalar_t>();
    const scalar_t* outputs = activated ? output.const_data_ptr<scalar_t>() : nullptr;
    const auto slope = static_cast<scalar_t>(slope_below_zero);
    const at::Tensor& sums = bias_gradient.numbers;
    if (sums.defined() && gradient.size(0) <= kMostRowsOfBlock)
      return launch_sums(
          gradient.device(), gradient.size(1), gradient.size(0),
          ActivationBackwardSums<scalar_t>{to, from, outputs, sums.mutable_data_ptr<scalar_t>(),
                                           gradient.size(1), slope, !bias_gradient.empty});
    if (activated)
      launch(gradient.device(), gradient.numel(), ActivationBackwardAt<scalar_t>{to, from, outputs, slope});
    if (sums.defined()) bias_gradient.add(before.sum(0));
  });
  return before;
}

}  // namespace ganymede::cuda
