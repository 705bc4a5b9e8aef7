#include "evaluation/moments.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kBlockRows = 4096;  // in double at one time

}  // namespace

void MomentsSum::add(const at::Tensor& samples) {
  const at::Tensor rows = samples.flatten(1);
  if (count_ == 0) {
    origin_ = rows[0].to(at::kDouble);
    sums_ = at::zeros_like(origin_);
    squares_ = at::zeros_like(origin_);
  }
  count_ += rows.size(0);
  for (const at::Tensor& block : rows.split(kBlockRows)) {
    const at::Tensor numbers = block.to(at::kDouble) - origin_;
    sums_ += numbers.sum(0);
    squares_ += numbers.square().sum(0);
  }
}

Moments MomentsSum::moments() const {
  ensure(count_ > 0, "moments are of at least one sample");
  const auto count = static_cast<double>(count_);
  const at::Tensor means = sums_ / count;
  return {.means = means + origin_, .deviations = (squares_ / count - means.square()).clamp_min(0).sqrt()};
}

double moments_distance(const Moments& a, const Moments& b) {
  return std::sqrt(
      ((a.means - b.means).square() + (a.deviations - b.deviations).square()).mean().item<double>());
}

}  // namespace ganymede
