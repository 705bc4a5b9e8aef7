#include "objectives/penalty.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "objectives/feature_matching.hpp"

namespace ganymede {
namespace {

at::Tensor samples(std::int64_t rows) {
  return at::arange(rows * 24, at::kDouble).reshape({rows, 2, 3, 4}).sin();
}

// Its gradient at x is x: another norm for each row.
at::Tensor half_square(const at::Tensor& x) {
  return x.flatten(1).square().sum(1, /*keepdim=*/true) / 2;
}

// A norm over one axis only, as the gradient penalties of many tutorials take it, gives another number.
TEST(GradientPenalty, TakesEachSamplesNormOverAllItsDimensions) {
  const at::Tensor real = samples(3), fake = -2 * samples(3);
  const at::Tensor mix = at::tensor({0.0, 0.5, 1.0}, at::kDouble).view({3, 1, 1, 1});
  const double penalty =
      penalty_sum(GradientPenalty{.weight = 10}, half_square, real, fake, mix).item<double>();
  double expected = 0;
  for (int row = 0; row < 3; ++row) {
    const double scale = 0.5 * row - 2 * (1 - 0.5 * row);  // of the real row, which the fake one is -2 times
    const double norm = std::abs(scale) * real[row].norm().item<double>();
    expected += 10 * (norm - 1) * (norm - 1);
  }
  EXPECT_NEAR(penalty, expected, 1e-9);
}

TEST(GradientPenalty, IsDifferentiatedThroughTheInnerGradient) {
  const at::Tensor weight = at::full({24, 1}, 0.5, at::kDouble).requires_grad_();
  const auto linear = [&](const at::Tensor& x) { return x.flatten(1).mm(weight); };
  const at::Tensor mix = at::full({3, 1, 1, 1}, 0.25, at::kDouble);
  penalty_sum(GradientPenalty{.weight = 2}, linear, samples(3), samples(3), mix).backward();
  // d/dw of 3 rows x 2 (|w| - 1)^2 = 12 (|w| - 1) w / |w|
  const double norm = 0.5 * std::sqrt(24.0);
  EXPECT_TRUE(at::allclose(weight.grad(), at::full({24, 1}, 12 * (norm - 1) * 0.5 / norm, at::kDouble)));
}

TEST(R1Penalty, IsHalfTheWeightTimesTheSquaredGradientAtRealSamples) {
  const double penalty = penalty_sum(R1Penalty{.weight = 5}, half_square, samples(3)).item<double>();
  EXPECT_NEAR(penalty, 2.5 * samples(3).square().sum().item<double>(), 1e-9);
}

TEST(FeatureMatching, HasTheDistancesValueAndGradient) {
  const at::Tensor fake = at::arange(12, at::kDouble).reshape({3, 4}).cos().requires_grad_();
  const at::Tensor real = at::arange(12, at::kDouble).reshape({3, 4}).sin();
  const at::Tensor distance = (fake.mean(0) - real.mean(0)).square().sum();
  distance.backward();
  const at::Tensor expected = fake.grad().clone();
  fake.mutable_grad().reset();
  const at::Tensor sum = feature_matching_sum(fake, (fake.detach().mean(0) - real.mean(0)));
  (sum / 3).backward();
  EXPECT_NEAR(sum.item<double>() / 3, distance.item<double>(), 1e-12);
  EXPECT_TRUE(at::allclose(fake.grad(), expected));
}

}  // namespace
}  // namespace ganymede
