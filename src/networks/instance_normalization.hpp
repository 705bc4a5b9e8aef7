// Instance normalisation (Ulyanov et al. 2016, "Instance Normalization: The Missing Ingredient for Fast
// Stylization").
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// Each channel of each image [rows, channels, height, width], normalised by its own mean and (biased)
// variance + 1e-5 and then activated, the activation given by its slope below 0: 1 is none, 0 a ReLU, between
// them a leaky ReLU. There is nothing to learn and nothing to remember, as in the paper's and CycleGAN's
// code, so a row's result does not depend on the others. Differentiable once.
at::Tensor instance_normalization(const at::Tensor& input, double slope_below_zero = 1);

}  // namespace ganymede
