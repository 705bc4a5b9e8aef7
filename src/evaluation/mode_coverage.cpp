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

ModeCounts::ModeCounts(const ModeLaw& law)
    : law_(law),
      all_(at::zeros({static_cast<std::int64_t>(law.centers.size())}, at::kLong)),
      good_(at::zeros_like(all_)) {}

void ModeCounts::add(const at::Tensor& points) {
  const auto [distance, mode] = distances(points, law_).min(1);
  all_ += at::bincount(mode, {}, all_.size(0));
  good_ += at::bincount(mode.masked_select(distance <= 3 * law_.standard_deviation), {}, all_.size(0));
}

ModeCoverage ModeCounts::coverage() const {
  const std::int64_t modes = all_.size(0);
  return {.modes = modes,
          .covered = (good_ > 0).sum().item<std::int64_t>(),
          .high_quality_share = good_.sum().item<double>() / all_.sum().item<double>(),
          .reverse_kl = reverse_kl(all_, at::full({modes}, 1.0 / static_cast<double>(modes), at::kDouble))};
}

double reverse_kl(const at::Tensor& counts, const at::Tensor& shares) {
  const at::Tensor found = counts.to(at::kDouble) / counts.sum();
  return at::xlogy(found, found / shares).sum().item<double>();
}

}  // namespace ganymede
