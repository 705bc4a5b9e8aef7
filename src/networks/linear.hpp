// The linear layer as the networks compute it.
#pragma once

#include <torch/nn/modules/linear.h>

namespace ganymede {

// input [rows, in] to [rows, out]: activation(input x weight^T + bias), the activation given by its slope
// below 0: 1 is none, 0 a ReLU, between them a leaky ReLU. What torch::nn::Linear and at::leaky_relu compute,
// except that a plain backward pass writes the products straight into a GradientAccumulator's sum. Can be
// differentiated twice.
at::Tensor linear(const torch::nn::Linear& layer, const at::Tensor& input, double slope_below_zero = 1);

}  // namespace ganymede
