#include "objectives/feature_matching.hpp"

namespace ganymede {

at::Tensor feature_matching_sum(const at::Tensor& fake_features, const at::Tensor& mean_difference) {
  // d |m|^2 / d f_i = 2 m / global rows: the gradient of 2 m . f_i, a scalar whose value is not the distance.
  const at::Tensor slope = 2 * (fake_features.sum(0) * mean_difference).sum();
  const at::Tensor value = static_cast<double>(fake_features.size(0)) * mean_difference.square().sum();
  return slope + (value - slope.detach());
}

}  // namespace ganymede
