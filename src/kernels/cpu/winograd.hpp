// 5 x 5 convolutions at stride 1 that keep the sides of an image, with less arithmetic: F(4 x 4, 5 x 5) of
// Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", at the points 0, +-1, +-2, +-1/2
// and infinity. A tile of 4 x 4 outputs takes 64 products a pair of channels instead of 400, and the products
// of all tiles are 64 matrix products.
//
//   forward          outputs(multiply(inputs(images), kernels(weight)))
//   at the images    the same of the gradient, with the weight turned by 180 degrees and channels swapped
//   at the weight    transposed_kernel_gradient(multiply(output_gradients(gradient)^T, inputs(images)))
//
// The price is precision: in float32 with 256 channels the error is 3.5e-6 of the result's standard
// deviation, where a direct convolution has 3e-7. float64 keeps 13 digits.
//
// Images are [rows, channels, height, width], contiguous, float32 or float64, with channels in multiples of
// kLanes; their tiles [64, rows x tiles of an image, channels]; kernels [64, in, out].
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede::winograd {

inline constexpr std::int64_t kLanes = 16;  // channels that are transformed at once

at::Tensor inputs(const at::Tensor& images);
// [64, a, b] x [64, b, c], the left one turned or not
at::Tensor multiply(const at::Tensor& left, const at::Tensor& right);
at::Tensor outputs(const at::Tensor& products, std::int64_t height, std::int64_t width);
at::Tensor output_gradients(const at::Tensor& images);

// Of a convolution's weight [out, in, 5, 5], or of a transposed convolution's, [in, out, 5, 5], which turns
// it.
enum class Weight { convolution, transposed };
at::Tensor kernels(const at::Tensor& weight, Weight kind);
// The inverse way, from [64, out, in]: of a transposed convolution.
at::Tensor transposed_kernel_gradient(const at::Tensor& products);

}  // namespace ganymede::winograd
