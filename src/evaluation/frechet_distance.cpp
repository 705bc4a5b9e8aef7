#include "evaluation/frechet_distance.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace ganymede {
namespace {

at::Tensor covariance(const at::Tensor& features) {
  const at::Tensor centred = features - features.mean(0, /*keepdim=*/true);
  return centred.t().matmul(centred) / static_cast<double>(features.size(0) - 1);
}

// Of a symmetric positive semi-definite matrix.
at::Tensor square_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
}

}  // namespace

double frechet_distance(const at::Tensor& a, const at::Tensor& b) {
  ensure(a.size(0) > 1 && b.size(0) > 1 && a.size(1) == b.size(1), "two sets of features of equal length");
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  const at::Tensor c = covariance(x), d = covariance(y);
  // c d has the eigenvalues of the symmetric c^(1/2) d c^(1/2), whose roots are safe to take.
  const at::Tensor root = square_root(c);
  const at::Tensor products = at::linalg_eigvalsh(root.matmul(d).matmul(root));
  const at::Tensor distance =
      (x.mean(0) - y.mean(0)).square().sum() + c.trace() + d.trace() - 2 * products.clamp_min(0).sqrt().sum();
  return std::max(0.0, distance.item<double>());
}

}  // namespace ganymede
