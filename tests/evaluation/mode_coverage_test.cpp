#include "evaluation/mode_coverage.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ganymede {
namespace {

// Two modes, 10 apart.
const ModeLaw kLaw{.centers = {{0, 0}, {10, 0}}, .standard_deviation = 1};

at::Tensor points(const std::vector<double>& coordinates) {
  return at::tensor(coordinates, at::kDouble).view({-1, 2});
}

ModeCoverage measure_mode_coverage(const at::Tensor& points, const ModeLaw& law) {
  ModeCounts counts(law);
  for (const at::Tensor& some : points.split(1)) counts.add(some);
  return counts.coverage();
}

TEST(ModeCoverage, APointBelongsToTheNearestCenter) {
  EXPECT_TRUE(
      nearest_modes(points({4.9, 0, 5.1, 0, -7, 3, 99, 0}), kLaw).equal(at::tensor({0, 1, 0, 1}, at::kLong)));
}

TEST(ModeCoverage, AModeNeedsOnePointWithinThreeDeviations) {
  const ModeCoverage near = measure_mode_coverage(points({0, 2.9, 10, -2.9}), kLaw);
  EXPECT_EQ(near.modes, 2);
  EXPECT_EQ(near.covered, 2);
  EXPECT_EQ(near.high_quality_share, 1);
  const ModeCoverage far = measure_mode_coverage(points({0, 2.9, 10, -3.1}), kLaw);
  EXPECT_EQ(far.covered, 1);
  EXPECT_EQ(far.high_quality_share, 0.5);
  // The distance is Euclidean: 2.5 in both coordinates is 3.5 away.
  EXPECT_EQ(measure_mode_coverage(points({2.5, 2.5}), kLaw).covered, 0);
}

TEST(ModeCoverage, TheReverseDivergenceIsThatOfTheShares) {
  EXPECT_NEAR(measure_mode_coverage(points({0, 0, 10, 0}), kLaw).reverse_kl, 0, 1e-12);
  EXPECT_NEAR(measure_mode_coverage(points({0, 0, 1, 0}), kLaw).reverse_kl, std::log(2), 1e-12);
  EXPECT_NEAR(measure_mode_coverage(points({0, 0, 1, 0, 0, 1, 10, 0}), kLaw).reverse_kl,
              0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-12);
  const at::Tensor uneven = at::tensor({0.75, 0.25}, at::kDouble);
  EXPECT_NEAR(reverse_kl(at::tensor({3, 1}, at::kLong), uneven), 0, 1e-12);
}

}  // namespace
}  // namespace ganymede
