// A convolution's window as kernels take it, and as backward passes find it again.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/options/conv.h>

#include "kernels/cpu/patches.hpp"

namespace ganymede {

using ConvolutionOptions = torch::nn::detail::ConvNdOptions<2>;
using Sides = std::array<std::int64_t, 2>;  // [height, width]

patches::Window window_of(const ConvolutionOptions& options);

void save(torch::autograd::AutogradContext& context, const patches::Window& window);
patches::Window saved_window(torch::autograd::AutogradContext& context);

// Of what a convolution makes of images, and of the smallest images of which it makes features of these
// sides.
Sides feature_sides(const patches::Window& window, const at::Tensor& images);
Sides least_image_sides(const patches::Window& window, const at::Tensor& features);

// At input, weight and bias of a convolution of one group, transposed or not: those asked for, by ATen, which
// autograd differentiates again.
torch::autograd::variable_list library_gradients(const at::Tensor& gradient, const at::Tensor& input,
                                                 const at::Tensor& weight, const patches::Window& window,
                                                 bool transposed, std::array<bool, 3> asked);

}  // namespace ganymede
