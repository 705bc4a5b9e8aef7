// Convolutions to few channels, at stride 1. Where a library's vectors go over output channels, most of their
// lanes are empty then (with one channel 15 of 16); here they go over the pixels of a row.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede::narrow {

inline constexpr std::int64_t kMostChannels = 4;

// images [rows, in, height, width], weight [out, in, kernel height, kernel width] with out from 1 to
// kMostChannels, both float32 or both float64; zeros, `padding` of them, on each side of an image. A row's
// result does not depend on the others.
at::Tensor convolve(const at::Tensor& images, const at::Tensor& weight, std::int64_t padding);

}  // namespace ganymede::narrow
