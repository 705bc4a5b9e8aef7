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
  EXPECT_NEAR(discriminator_loss_sum(BceLoss{}, logits({0.5, -2}), logits({1.5, -0.25})).item<double>(),
              real + fake, 1e-12);
  EXPECT_NEAR(generator_loss_sum(BceLoss{}, logits({0.5, -2})).item<double>(), real, 1e-12);
}

// Probabilities of 0 or 1 in floating point, where log(sigmoid(x)) itself would be infinite.
TEST(AdversarialLoss, BceStaysFiniteAndRightAtExtremeLogits) {
  EXPECT_DOUBLE_EQ(generator_loss_sum(BceLoss{}, logits({-1000})).item<double>(), 1000);
  EXPECT_DOUBLE_EQ(discriminator_loss_sum(BceLoss{}, logits({1000}), logits({1000})).item<double>(), 1000);
}

double discriminator_loss(const AdversarialLoss& loss) {
  return discriminator_loss_sum(loss, logits({0.5, -2}), logits({1.5, -0.25})).item<double>();
}
double generator_loss(const AdversarialLoss& loss) {
  return generator_loss_sum(loss, logits({1.5, -0.25})).item<double>();
}

TEST(AdversarialLoss, SaturatingBceIsTheMinimaxLoss) {
  EXPECT_NEAR(generator_loss(BceLoss{.saturating = true}),
              std::log(1 - sigmoid(1.5)) + std::log(1 - sigmoid(-0.25)), 1e-12);
}

TEST(AdversarialLoss, SmoothedLabelsWeighBothAnswersToRealSamples) {
  const auto real = [](double x) { return -0.9 * std::log(sigmoid(x)) - 0.1 * std::log(1 - sigmoid(x)); };
  const double fake = -std::log(1 - sigmoid(1.5)) - std::log(1 - sigmoid(-0.25));
  EXPECT_NEAR(discriminator_loss(BceLoss{.label_smoothing = 0.1}), real(0.5) + real(-2) + fake, 1e-12);
}

TEST(AdversarialLoss, OthersFollowTheirPapers) {
  EXPECT_NEAR(discriminator_loss(WassersteinLoss{}), (1.5 - 0.25) - (0.5 - 2), 1e-12);
  EXPECT_NEAR(generator_loss(WassersteinLoss{}), -1.25, 1e-12);
  EXPECT_NEAR(discriminator_loss(HingeLoss{}), 0.5 + 3 + 2.5 + 0.75, 1e-12);
  EXPECT_NEAR(generator_loss(HingeLoss{}), -1.25, 1e-12);
  EXPECT_NEAR(discriminator_loss(LeastSquaresLoss{}), (0.5 * 0.5 + 3.0 * 3.0 + 1.5 * 1.5 + 0.25 * 0.25) / 2,
              1e-12);
  EXPECT_NEAR(discriminator_loss(LeastSquaresLoss{.label_smoothing = 0.2}),
              (0.3 * 0.3 + 2.8 * 2.8 + 1.5 * 1.5 + 0.25 * 0.25) / 2, 1e-12);
  EXPECT_NEAR(generator_loss(LeastSquaresLoss{}), (0.5 * 0.5 + 1.25 * 1.25) / 2, 1e-12);
  EXPECT_NEAR(discriminator_loss(MixedLoss{.wasserstein_weight = 0.3}),
              discriminator_loss(BceLoss{}) + 0.3 * discriminator_loss(WassersteinLoss{}), 1e-12);
  EXPECT_NEAR(generator_loss(MixedLoss{.wasserstein_weight = 0.3}),
              generator_loss(BceLoss{}) + 0.3 * generator_loss(WassersteinLoss{}), 1e-12);
}

TEST(AdversarialLoss, RefusesLogitsThatWouldBroadcast) {
  expect_error<Error>([] { generator_loss_sum(BceLoss{}, at::zeros({4})); }, {"[rows, 1]"});
  expect_error<Error>(
      [] {
        discriminator_loss_sum(BceLoss{}, at::zeros({4, 1}), at::zeros({4, 4}));
      },
      {"[rows, 1]"});
}

}  // namespace
}  // namespace ganymede
