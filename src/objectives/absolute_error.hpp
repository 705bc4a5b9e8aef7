// The L1 distance of images, as adversarial losses are: a sum over this rank's rows, with its slope.
#pragma once

#include "objectives/adversarial_loss.hpp"

namespace ganymede {

// Sum of |output - target| over all elements; the slope is of factor x sum by each element of the output.
LossAndSlope absolute_error(const at::Tensor& output, const at::Tensor& target, double factor);

}  // namespace ganymede
