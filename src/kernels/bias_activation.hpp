// What follows the matrix product of a linear layer, each way in one pass over memory. The activation is
// given by its slope below 0: 1 is none, 0 a ReLU, between them a leaky ReLU.
#pragma once

#include "kernels/form.hpp"
#include "kernels/running_sum.hpp"

namespace ganymede {

// values [rows, columns] = activation(values + bias [columns])
GANYMEDE_CUDA_OPERATION(void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias,
                                                    double slope_below_zero))

// The way back from gradients [rows, columns] at the outputs of add_bias_and_activate_: returns those before
// the activation, which are the same tensor where there is none, and adds their sums over rows to
// bias_gradient [columns].
GANYMEDE_CUDA_OPERATION(at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output,
                                                       double slope_below_zero,
                                                       const RunningSum& bias_gradient))

}  // namespace ganymede
