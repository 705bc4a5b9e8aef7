// Convolutions as the networks compute them: what the modules' forward() gives, by the method that takes the
// least time on a CPU. On a GPU it is cuDNN's, with channels next to each other in memory; those of other
// devices, and the plain form, are the modules' own. Rows are independent of each other; can be
// differentiated twice.
#pragma once

#include <torch/nn/modules/conv.h>

namespace ganymede {

// input [rows, in, height, width]. At stride 1 from or to few channels, by
// kernels/cpu/narrow_convolution.hpp; else with few input channels, one matrix product over the unfolded
// image.
at::Tensor convolution(torch::nn::Conv2d layer, const at::Tensor& input);

// With few output channels, one matrix product that is folded into the image; 5 x 5 kernels at stride 1 by
// Winograd's method (kernels/cpu/winograd.hpp).
at::Tensor transposed_convolution(torch::nn::ConvTranspose2d layer, const at::Tensor& input);

}  // namespace ganymede
