// What an update does to a buffer, each in one pass over memory and without allocating. Buffers are
// contiguous, of one size, float32 or float64. `not_finite`, int32 [1] on their device, becomes 1 where a new
// value is not finite, which a gradient that is not finite makes it; else it stays. `rate_factor`, float64 []
// on their device, is what the learning rate is multiplied with in this step.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

struct AdamNumbers {
  double rate, beta1, beta2, epsilon;
};

// Counts one more update in `updates`, float32 [1], and writes to `factors`, float64 [2], what all parameters
// share of it: rate x rate_factor / (1 - beta1^n) and 1 / sqrt(1 - beta2^n) of the n-th.
GANYMEDE_CUDA_OPERATION(void begin_adam_(const at::Tensor& updates, const at::Tensor& factors,
                                         const AdamNumbers& numbers, const at::Tensor& rate_factor))

// Kingma and Ba 2015, Algorithm 1: mean = beta1 mean + (1 - beta1) g; mean_square = beta2 mean_square +
// (1 - beta2) g^2; w -= rate mean' / (sqrt(mean_square') + epsilon), where ' divides by 1 - beta^n: factors
// of begin_adam_.
GANYMEDE_CUDA_OPERATION(void adam_(const at::Tensor& values, const at::Tensor& gradients,
                                   const at::Tensor& mean, const at::Tensor& mean_square,
                                   const AdamNumbers& numbers, const at::Tensor& factors,
                                   const at::Tensor& not_finite))

// mean_square = decay mean_square + (1 - decay) g^2; w -= rate g / (sqrt(mean_square) + epsilon)
GANYMEDE_CUDA_OPERATION(void rmsprop_(const at::Tensor& values, const at::Tensor& gradients,
                                      const at::Tensor& mean_square, double rate,
                                      const at::Tensor& rate_factor, double decay, double epsilon,
                                      const at::Tensor& not_finite))

// velocity = momentum velocity + g; w -= rate velocity
GANYMEDE_CUDA_OPERATION(void momentum_(const at::Tensor& values, const at::Tensor& gradients,
                                       const at::Tensor& velocity, double rate, const at::Tensor& rate_factor,
                                       double momentum, const at::Tensor& not_finite))

// w -= rate g
GANYMEDE_OPERATION(void descend_(const at::Tensor& values, const at::Tensor& gradients, double rate,
                                 const at::Tensor& rate_factor, const at::Tensor& not_finite))

}  // namespace ganymede
