// The Frechet distance between the normal laws that fit two sets of features (Heusel et al. 2017, section 3:
// the FID, there with the features of Inception).
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) with means m and covariances C, in float64. features [n, d],
// n >= 2 each; a figure from fewer than several times d samples is biased upwards.
double frechet_distance(const at::Tensor& a, const at::Tensor& b);

}  // namespace ganymede
