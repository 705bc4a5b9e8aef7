// Instance normalisation's arithmetic: planes of images by themselves.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

inline constexpr double kPlaneEpsilon = 1e-5;  // added to a plane's variance

struct NormalizedPlanes {
  at::Tensor output;      // like the images
  at::Tensor statistics;  // [rows x channels, 2]: a plane's mean, and 1 / its deviation
};

// Each plane of images [rows, channels, height, width], contiguous, less its mean and divided by its
// (biased) deviation, then activated: the activation is given by its slope below 0.
GANYMEDE_OPERATION(NormalizedPlanes normalize_planes(const at::Tensor& images, double slope_below_zero))

// From the gradient at the output, contiguous, that at the images.
GANYMEDE_OPERATION(at::Tensor normalize_planes_backward(const at::Tensor& gradient, const at::Tensor& images,
                                                        const at::Tensor& statistics,
                                                        double slope_below_zero))

}  // namespace ganymede
