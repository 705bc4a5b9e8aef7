// How far two sets of samples are apart in the mean and the deviation of each of their values.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

struct Moments {
  at::Tensor means;       // float64 [values of a sample]
  at::Tensor deviations;  // float64 [values of a sample], of the population
};

// Of samples that come in pieces.
class MomentsSum {
 public:
  // samples [n, ...] of any dtype.
  void add(const at::Tensor& samples);
  // Of one sample at least.
  Moments moments() const;

 private:
  std::int64_t count_ = 0;
  at::Tensor origin_;          // the first sample, since squares of large numbers would cancel
  at::Tensor sums_, squares_;  // of differences from it
};

// The Frechet distance of two normal laws with independent values, per value: the root of the mean over
// values of (difference of means)^2 + (difference of deviations)^2. In the unit of the samples; 0 if all are
// equal.
double moments_distance(const Moments& a, const Moments& b);

}  // namespace ganymede
