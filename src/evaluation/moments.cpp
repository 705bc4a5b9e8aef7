#include "evaluation/moments.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kBlockRows = 4096;  // in double at one time

}  // namespace

Moments measure_moments(const at::Tensor& samples) {
  ensure(samples.size(0) > 0, "moments are of at least one sample");
  const at::Tensor rows = samples.flatten(1);
  const auto count = static_cast<double>(rows.size(0));
  // Around the first sample: squares of large numbers would cancel.
  const at::Tensor origin = rows[0].to(at::kDouble);
  at::Tensor sums = at::zeros({rows.size(1)}, at::kDouble), squares = at::zeros({rows.size(1)}, at::kDouble);
  for (const at::Tensor& block : rows.split(kBlockRows)) {
    const at::Tensor numbers = block.to(at::kDouble) - origin;
    sums += numbers.sum(0);
    squares += numbers.square().sum(0);
  }
  const at::Tensor means = sums / count;
  return {.means = means + origin, .deviations = (squares / count - means.square()).clamp_min(0).sqrt()};
}

double moments_distance(const Moments& a, const Moments& b) {
  return std::sqrt(
      ((a.means - b.means).square() + (a.deviations - b.deviations).square()).mean().item<double>());
}

}  // namespace ganymede
