// The linear layer as the networks compute it.
#pragma once

#include <torch/nn/modules/linear.h>

namespace ganymede {

// input [rows, in] to [rows, out]: input x weight^T + bias. What torch::nn::Linear computes, except that a plain
// backward pass adds the products straight to gradients that are there (ParameterArena's are), without a buffer
// for them in between. Can be differentiated twice.
at::Tensor linear(const torch::nn::Linear& layer, const at::Tensor& input);

}  // namespace ganymede
