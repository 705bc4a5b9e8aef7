// Convolutions from images of few channels, and transposed ones to them, by kernels/cpu/patches.hpp, for
// autograd.
#pragma once

#include "networks/convolution_window.hpp"

namespace ganymede {

// What a layer of these options and of one group gives, of float32 or float64; the bias may be undefined.
// Differentiable as often as asked.
at::Tensor patch_convolution(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                             const ConvolutionOptions& options);
at::Tensor transposed_patch_convolution(const at::Tensor& features, const at::Tensor& weight,
                                        const ConvolutionOptions& options);

}  // namespace ganymede
