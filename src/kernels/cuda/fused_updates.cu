#include "kernels/arithmetic/fused_updates.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/fused_updates.hpp"

namespace ganymede::cuda {

void begin_adam_(const at::Tensor& updates, const at::Tensor& factors, const AdamNumbers& numbers,
                 const at::Tensor& rate_factor) {
  launch(updates.device(), 1,
         BeginAdamAt{updates.mutable_data_ptr<float>(), factors.mutable_data_ptr<double>(),
                     rate_factor.const_data_ptr<double>(), numbers.rate, numbers.beta1, numbers.beta2});
}

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamNumbers& numbers, const at::Tensor& factors,
           const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "adam_", [&] {
    launch(values.device(), values.numel(),
           AdamAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                            mean.mutable_data_ptr<scalar_t>(), mean_square.mutable_data_ptr<scalar_t>(),
                            factors.const_data_ptr<double>(), Decay<scalar_t>(numbers.beta1),
                            Decay<scalar_t>(numbers.beta2), static_cast<scalar_t>(numbers.epsilon),
                            not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, const at::Tensor& rate_factor, double decay, double epsilon,
              const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "rmsprop_", [&] {
    launch(values.device(), values.numel(),
           RmspropAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                               mean_square.mutable_data_ptr<scalar_t>(), rate,
                               rate_factor.const_data_ptr<double>(), Decay<scalar_t>(decay),
                               static_cast<scalar_t>(epsilon), not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               const at::Tensor& rate_factor, double momentum, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "momentum_", [&] {
    launch(values.device(), values.numel(),
           MomentumAt<scalar_t>{values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                                velocity.mutable_data_ptr<scalar_t>(), rate,
                                rate_factor.const_data_ptr<double>(), static_cast<scalar_t>(momentum),
                                not_finite.mutable_data_ptr<std::int32_t>()});
  });
}

}  // namespace ganymede::cuda
