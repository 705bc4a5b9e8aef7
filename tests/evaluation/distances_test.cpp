// Both distances between sets of samples, against closed formulas.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/frechet_distance.hpp"
#include "evaluation/moments.hpp"

namespace ganymede {
namespace {

// Rows (+-1, +-1): means 0, covariance the identity times 4/3, deviations of the population 1.
at::Tensor corners() {
  return at::tensor({1, 1, 1, -1, -1, 1, -1, -1}, at::kDouble).view({4, 2});
}

Moments measure_moments(const at::Tensor& samples, std::int64_t together = 5000) {
  MomentsSum sum;
  for (const at::Tensor& some : samples.split(together)) sum.add(some);
  return sum.moments();
}

NormalLaw law_of(const at::Tensor& features, std::int64_t together = 3) {
  NormalLawSum sum;
  for (const at::Tensor& some : features.split(together)) sum.add(some);
  return sum.law();
}

double frechet_distance(const at::Tensor& a, const at::Tensor& b) {
  return ganymede::frechet_distance(law_of(a), law_of(b));
}

TEST(Moments, AreThoseOfTheSet) {
  const Moments moments = measure_moments(at::tensor({0, 10, 255, 10}, at::kByte).view({2, 1, 1, 2}));
  EXPECT_TRUE(moments.means.equal(at::tensor({127.5, 10.0}, at::kDouble)));
  EXPECT_TRUE(moments.deviations.equal(at::tensor({127.5, 0.0}, at::kDouble)));
}

TEST(Moments, LargeMeansDoNotDrownSmallDeviations) {
  const Moments moments = measure_moments(corners() * 1e-3 + 1e9);
  EXPECT_NEAR(moments.deviations[0].item<double>(), 1e-3, 1e-6);
}

TEST(Moments, PiecesMakeNoDifference) {
  const at::Tensor many = corners().repeat({3000, 1});
  for (const std::int64_t together : {1, 4999, 12000})
    EXPECT_NEAR(moments_distance(measure_moments(many, together), measure_moments(corners())), 0, 1e-12);
}

TEST(NormalLaw, IsThatOfTheFeaturesHoweverTheyCome) {
  const at::Tensor features = at::rand({50, 3}, at::kDouble) * 2 + 1000;
  const at::Tensor centred = features - features.mean(0, /*keepdim=*/true);
  for (const std::int64_t together : {1, 7, 50}) {
    const NormalLaw law = law_of(features, together);
    EXPECT_TRUE(at::allclose(law.mean, features.mean(0), 0, 1e-10));
    EXPECT_TRUE(at::allclose(law.covariance, centred.t().matmul(centred) / 49, 0, 1e-10));
  }
}

TEST(Moments, TheDistanceIsPerValue) {
  const at::Tensor moved =
      corners() * at::tensor({2.0, 1.0}, at::kDouble) + at::tensor({3.0, 0.0}, at::kDouble);
  EXPECT_NEAR(moments_distance(measure_moments(corners()), measure_moments(moved)), std::sqrt((9.0 + 1) / 2),
              1e-12);
}

TEST(FrechetDistance, OfEqualSetsIsZero) {
  EXPECT_NEAR(frechet_distance(corners(), corners()), 0, 1e-12);
}

TEST(FrechetDistance, OfScaledAndMovedNormalLaws) {
  const at::Tensor scale = at::tensor({2.0, 0.5}, at::kDouble), shift = at::tensor({3.0, -1.0}, at::kDouble);
  // |m|^2 + sum of (difference of deviations)^2.
  EXPECT_NEAR(frechet_distance(corners(), corners() * scale + shift), 10 + 4.0 / 3 * (1 + 0.25), 1e-12);
}

TEST(FrechetDistance, OfCovariancesThatDoNotCommute) {
  const at::Tensor mix = at::tensor({1.0, 2.0, 0.0, 3.0}, at::kDouble).view({2, 2});
  const at::Tensor other = at::tensor({2.0, -1.0, 1.0, 1.0}, at::kDouble).view({2, 2});
  const at::Tensor a = corners().matmul(mix), b = corners().matmul(other);
  // tr (C D)^(1/2) with C = X^T X, D = Y^T Y is the nuclear norm of X Y^T.
  const double nuclear = at::linalg_svdvals(mix.matmul(other.t())).sum().item<double>();
  const double expected =
      4.0 / 3 * (mix.square().sum().item<double>() + other.square().sum().item<double>() - 2 * nuclear);
  EXPECT_NEAR(frechet_distance(a, b), expected, 1e-12);
  EXPECT_NEAR(frechet_distance(b, a), expected, 1e-12);
}

}  // namespace
}  // namespace ganymede
