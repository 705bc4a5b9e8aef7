#include "kernels/arithmetic/fused_updates.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/fused_updates.hpp"

namespace ganymede::cuda {

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamStep& step, const at::Tensor& not_finite) {
  const AdamFactors factors = factors_of(step);
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "adam_", [&] {
    launch(
        values.device(), values.numel(),
        AdamAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                         mean.mutable_data_ptr<scalar_t>(), mean_square.mutable_data_ptr<scalar_t>(),
                         static_cast<scalar_t>(factors.rate), Decay<scalar_t>(step.beta1),
                         Decay<scalar_t>(step.beta2), static_cast<scalar_t>(factors.root_factor),
                         static_cast<scalar_t>(step.epsilon), not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "rmsprop_", [&] {
    launch(values.device(), values.numel(),
           RmspropAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                               mean_square.mutable_data_ptr<scalar_t>(), static_cast<scalar_t>(rate),
                               Decay<scalar_t>(decay), static_cast<scalar_t>(epsilon),
                               not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double momentum, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "momentum_", [&] {
    launch(
        values.device(), values.numel(),
        MomentumAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                             velocity.mutable_data_ptr<scalar_t>(), static_cast<scalar_t>(rate),
                             static_cast<scalar_t>(momentum), not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

}  // namespace ganymede::cuda
