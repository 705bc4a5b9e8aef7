// Convolutions from images of few channels, and the transposed ones to such images, at any stride: products
// of a weight and of the patches that it sees, one image at a time, so that patches stay near.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>

namespace ganymede::patches {

// How a kernel goes over an image, [down, across].
struct Window {
  std::array<std::int64_t, 2> kernel, stride, padding, dilation;

  // Pixels from the first that it sees to the last, and those that it sees of all features of a side.
  std::int64_t reach(int side) const { return dilation[side] * (kernel[side] - 1) + 1; }
  std::int64_t seen(int side, std::int64_t features) const {
    return (features - 1) * stride[side] + reach(side);
  }
  // Of an image among zeros, as many as it reaches.
  std::int64_t canvas(int side, std::int64_t image, std::int64_t features) const {
    return std::max(image + 2 * padding[side], seen(side, features));
  }
};

// All tensors are contiguous, of float32 or of float64:
//   images    [rows, channels, height, width]
//   features  [rows, out, height, width], of the sides that the window gives
//   weight    [out, channels, kernel height, kernel width]
// A row's result does not depend on the others, nor any result on the number of threads where the library has
// a kernel for blocks (AVX2).

// A convolution, with a bias [out] or an undefined one.
at::Tensor features_of(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                       const Window& window, at::IntArrayRef feature_sides);

// The transposed one: each feature adds its multiple of the weight to the patch that it sees.
at::Tensor images_of(const at::Tensor& features, const at::Tensor& weight, const Window& window,
                     at::IntArrayRef image_sides);

// Of the convolution's weight and of its bias, for features that are its gradient. Those of a transposed
// convolution's weight are the first, of its features and its images' gradient.
struct WeightGradient {
  at::Tensor weight, bias;
};
WeightGradient weight_gradient(const at::Tensor& images, const at::Tensor& features, const Window& window);

}  // namespace ganymede::patches
