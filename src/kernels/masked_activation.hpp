// A leaky ReLU and the dropout that follows it, each way in one pass over memory.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// leaky ReLU(input) x mask, of one shape.
GANYMEDE_OPERATION(at::Tensor masked_activation(const at::Tensor& input, const at::Tensor& mask,
                                                double slope_below_zero))

// From the gradient at the output, that at the input.
GANYMEDE_OPERATION(at::Tensor masked_activation_backward(const at::Tensor& gradient, const at::Tensor& input,
                                                         const at::Tensor& mask, double slope_below_zero))

}  // namespace ganymede
