// Convolutions of mixed precision on a CPU: products of bfloat16, all else of float32.
#pragma once

#include "networks/convolution_window.hpp"

namespace ganymede {

// What a layer of these options and of one group gives without its bias, transposed or not; input and weight
// are float32 and are rounded on the way. Differentiable as often as asked.
at::Tensor rounded_convolution(const at::Tensor& input, const at::Tensor& weight,
                               const ConvolutionOptions& options);

}  // namespace ganymede
