// The matrix products of a linear layer, without a rounding that nobody asked for: factors of bfloat16 give
// sums of float32, as far as the library of the device can.
#pragma once

#include "kernels/running_sum.hpp"

namespace ganymede {

// left x right, matrices of one dtype, in `dtype`.
at::Tensor multiply(const at::Tensor& left, const at::Tensor& right, at::ScalarType dtype);

// sum += left x right
void add_product(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right);

// activation(input [rows, in] x weight [out, in]^T + bias [out]), [rows, out] in the bias's dtype; the
// activation is given by its slope below 0, as in bias_activation.hpp.
at::Tensor linear_layer(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                        double slope_below_zero);

}  // namespace ganymede
