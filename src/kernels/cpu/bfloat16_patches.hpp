// The gradient at the weight of a convolution of bfloat16, in float32: a library that gives it in bfloat16
// rounds what was summed, and for strides of 2 takes longer.
#pragma once

#include "kernels/cpu/patches.hpp"

namespace ganymede::bfloat16_patches {

// [out, channels, kernel height, kernel width] of images [rows, channels, height, width] and of features
// [rows, out, height, width], the gradient; both of bfloat16 with channels innermost in memory (channels
// last). The window's dilation is 1. Needs multiplies_bfloat16_blocks() of bfloat16_product.hpp.
at::Tensor weight_gradient(const at::Tensor& images, const at::Tensor& features,
                           const patches::Window& window);

}  // namespace ganymede::bfloat16_patches
