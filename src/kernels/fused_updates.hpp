// What an update does to a buffer, each in one pass over memory and without allocating. Buffers are
// contiguous, of one size, float32 or float64. `not_finite`, int32 [1] on their device, becomes 1 where a new
// value is not finite, which a gradient that is not finite makes it; else it stays.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

struct AdamStep {
  double number;  // from 1
  double rate, beta1, beta2, epsilon;
};

// What of a step all parameters share.
struct AdamFactors {
  double rate, root_factor;
};
AdamFactors factors_of(const AdamStep& step);

// Kingma and Ba 2015, Algorithm 1: mean = beta1 mean + (1 - beta1) g; mean_square = beta2 mean_square +
// (1 - beta2) g^2; w -= rate mean' / (sqrt(mean_square') + epsilon), where ' divides by 1 - beta^number.
GANYMEDE_CUDA_OPERATION(void adam_(const at::Tensor& values, const at::Tensor& gradients,
                                   const at::Tensor& mean, const at::Tensor& mean_square,
                                   const AdamStep& step, const at::Tensor& not_finite))

// mean_square = decay mean_square + (1 - decay) g^2; w -= rate g / (sqrt(mean_square) + epsilon)
GANYMEDE_CUDA_OPERATION(void rmsprop_(const at::Tensor& values, const at::Tensor& gradients,
                                      const at::Tensor& mean_square, double rate, double decay,
                                      double epsilon, const at::Tensor& not_finite))

// velocity = momentum velocity + g; w -= rate velocity
GANYMEDE_CUDA_OPERATION(void momentum_(const at::Tensor& values, const at::Tensor& gradients,
                                       const at::Tensor& velocity, double rate, double momentum,
                                       const at::Tensor& not_finite))

}  // namespace ganymede
