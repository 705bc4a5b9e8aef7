// How far two sets of samples are apart in the mean and the deviation of each of their values.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

struct Moments {
  at::Tensor means;       // float64 [values of a sample]
  at::Tensor deviations;  // float64 [values of a sample], of the population
};

// samples [n, ...] of any dtype, n >= 1.
Moments measure_moments(const at::Tensor& samples);

// The Frechet distance of two normal laws with independent values, per value: the root of the mean over
// values of (difference of means)^2 + (difference of deviations)^2. In the unit of the samples; 0 if all are
// equal.
double moments_distance(const Moments& a, const Moments& b);

}  // namespace ganymede
