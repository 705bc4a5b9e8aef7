// What an update does to a buffer, each in one pass over memory and without allocating. Buffers are
// contiguous, of one size, float32 or float64.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// mean_square = decay mean_square + (1 - decay) g^2; w -= rate g / (sqrt(mean_square) + epsilon)
void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon);

// velocity = momentum velocity + g; w -= rate velocity
void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double momentum);

// In double, in an order that depends on the size alone.
double sum_of_squares(const at::Tensor& numbers);

}  // namespace ganymede
