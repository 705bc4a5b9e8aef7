#include "evaluation/mode_coverage.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace ganymede {
namespace {

at::Tensor centers_of(const ModeLaw& law) {
  const at::Tensor centers = at::empty({static_cast<std::int64_t>(law.centers.size()), 2}, at::kDouble);
  auto* out = centers.mutable_data_ptr<double>();
  for (const auto& center : law.centers)
    for (const double coordinate : center) *out++ = coordinate;
  return centers;
}

// float64 [n, modes]
at::Tensor distances(const at::Tensor& points, const ModeLaw& law) {
  ensure(points.dim() == 2 && points.size(1) == 2, "points are [n, 2]");
  return (points.to(at::kDouble).unsqueeze(1) - centers_of(law).unsqueeze(0)).square().sum(2).sqrt();
}

}  // namespace

at::Tensor nearest_modes(const at::Tensor& points, const ModeLaw& law) {
  return distances(points, law).argmin(1);
}

ModeCoverage measure_mode_coverage(const at::Tensor& points, const ModeLaw& law) {
  const auto [distance, mode] = distances(points, law).min(1);
  const auto modes = static_cast<std::int64_t>(law.centers.size());
  const at::Tensor good = distance <= 3 * law.standard_deviation;
  const at::Tensor good_by_mode = at::bincount(mode.masked_select(good), {}, modes);
  return {.modes = modes,
          .covered = (good_by_mode > 0).sum().item<std::int64_t>(),
          .high_quality_share = good.to(at::kDouble).mean().item<double>(),
          .reverse_kl = reverse_kl(mode, at::full({modes}, 1.0 / static_cast<double>(modes), at::kDouble))};
}

double reverse_kl(const at::Tensor& labels, const at::Tensor& shares) {
  const at::Tensor found =
      at::bincount(labels, {}, shares.size(0)).to(at::kDouble) / static_cast<double>(labels.size(0));
  return at::xlogy(found, found / shares).sum().item<double>();
}

}  // namespace ganymede
