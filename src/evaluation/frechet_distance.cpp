#include "evaluation/frechet_distance.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace ganymede {
namespace {

// Of a symmetric positive semi-definite matrix.
at::Tensor square_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
}

}  // namespace

void NormalLawSum::add(const at::Tensor& features) {
  if (count_ == 0) {
    origin_ = features[0].to(at::kDouble);
    sums_ = at::zeros_like(origin_);
    products_ = at::zeros({origin_.size(0), origin_.size(0)}, at::kDouble);
  }
  count_ += features.size(0);
  const at::Tensor moved = features.to(at::kDouble) - origin_;
  sums_ += moved.sum(0);
  products_ += moved.t().matmul(moved);
}

NormalLaw NormalLawSum::law() const {
  ensure(count_ > 1, "a law fits at least two sets of features");
  const auto count = static_cast<double>(count_);
  const at::Tensor mean = sums_ / count;
  return {.mean = mean + origin_, .covariance = (products_ - count * at::outer(mean, mean)) / (count - 1)};
}

double frechet_distance(const NormalLaw& a, const NormalLaw& b) {
  ensure(a.mean.sizes() == b.mean.sizes(), "laws of features of equal length");
  const at::Tensor &c = a.covariance, &d = b.covariance;
  // c d has the eigenvalues of the symmetric c^(1/2) d c^(1/2), whose roots are safe to take.
  const at::Tensor root = square_root(c);
  const at::Tensor products = at::linalg_eigvalsh(root.matmul(d).matmul(root));
  const at::Tensor distance =
      (a.mean - b.mean).square().sum() + c.trace() + d.trace() - 2 * products.clamp_min(0).sqrt().sum();
  return std::max(0.0, distance.item<double>());
}

}  // namespace ganymede
