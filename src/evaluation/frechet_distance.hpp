// The Frechet distance between the normal laws that fit two sets of features (Heusel et al. 2017, section 3:
// the FID, there with the features of Inception).
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

struct NormalLaw {
  at::Tensor mean;        // float64 [d]
  at::Tensor covariance;  // float64 [d, d], unbiased
};

// That fits features which come in pieces.
class NormalLawSum {
 public:
  // features [n, d].
  void add(const at::Tensor& features);
  // Of two at least.
  NormalLaw law() const;

 private:
  std::int64_t count_ = 0;
  at::Tensor origin_;           // the first of them, since products of large numbers would cancel
  at::Tensor sums_, products_;  // of differences from it
};

// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) with means m and covariances C. A figure from fewer than
// several times d samples is biased upwards.
double frechet_distance(const NormalLaw& a, const NormalLaw& b);

}  // namespace ganymede
