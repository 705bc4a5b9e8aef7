#include "objectives/adversarial_loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

at::Tensor logits(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({-1, 1});
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST(AdversarialLoss, BceIsTheSumOfNegativeLogProbabilities) {
  const double real = -std::log(sigmoid(0.5)) - std::log(sigmoid(-2.0));
  const double fake = -std::log(1 - sigmoid(1.5)) - std::log(1 - sigmoid(-0.25));
  EXPECT_NEAR(
      discriminator_loss_sum(AdversarialLoss::bce, logits({0.5, -2}), logits({1.5, -0.25})).item<double>(),
      real + fake, 1e-12);
  EXPECT_NEAR(generator_loss_sum(AdversarialLoss::bce, logits({0.5, -2})).item<double>(), real, 1e-12);
}

// Probabilities of 0 or 1 in floating point, where log(sigmoid(x)) itself would be infinite.
TEST(AdversarialLoss, BceStaysFiniteAndRightAtExtremeLogits) {
  EXPECT_DOUBLE_EQ(generator_loss_sum(AdversarialLoss::bce, logits({-1000})).item<double>(), 1000);
  EXPECT_DOUBLE_EQ(
      discriminator_loss_sum(AdversarialLoss::bce, logits({1000}), logits({1000})).item<double>(), 1000);
}

TEST(AdversarialLoss, RefusesLogitsThatWouldBroadcast) {
  expect_error<Error>([] { generator_loss_sum(AdversarialLoss::bce, at::zeros({4})); }, {"[rows, 1]"});
  expect_error<Error>(
      [] {
        discriminator_loss_sum(AdversarialLoss::bce, at::zeros({4, 1}), at::zeros({4, 4}));
      },
      {"[rows, 1]"});
}

}  // namespace
}  // namespace ganymede
