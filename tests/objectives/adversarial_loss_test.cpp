#include "objectives/adversarial_loss.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

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

double discriminator_sum(const AdversarialLoss& loss, const at::Tensor& real, const at::Tensor& fake) {
  return discriminator_loss(loss, real, fake, 1).sum.item<double>();
}
double generator_sum(const AdversarialLoss& loss, const at::Tensor& fake) {
  return generator_loss(loss, fake, 1).sum.item<double>();
}

TEST(AdversarialLoss, BceIsTheSumOfNegativeLogProbabilities) {
  const double real = -std::log(sigmoid(0.5)) - std::log(sigmoid(-2.0));
  const double fake = -std::log(1 - sigmoid(1.5)) - std::log(1 - sigmoid(-0.25));
  EXPECT_NEAR(discriminator_sum(BceLoss{}, logits({0.5, -2}), logits({1.5, -0.25})), real + fake, 1e-12);
  EXPECT_NEAR(generator_sum(BceLoss{}, logits({0.5, -2})), real, 1e-12);
}

// Probabilities of 0 or 1 in floating point, where log(sigmoid(x)) itself would be infinite.
TEST(AdversarialLoss, BceStaysFiniteAndRightAtExtremeLogits) {
  EXPECT_DOUBLE_EQ(generator_sum(BceLoss{}, logits({-1000})), 1000);
  EXPECT_DOUBLE_EQ(discriminator_sum(BceLoss{}, logits({1000}), logits({1000})), 1000);
}

double discriminator_sum(const AdversarialLoss& loss) {
  return discriminator_sum(loss, logits({0.5, -2}), logits({1.5, -0.25}));
}
double generator_sum(const AdversarialLoss& loss) {
  return generator_sum(loss, logits({1.5, -0.25}));
}

TEST(AdversarialLoss, SaturatingBceIsTheMinimaxLoss) {
  EXPECT_NEAR(generator_sum(BceLoss{.saturating = true}),
              std::log(1 - sigmoid(1.5)) + std::log(1 - sigmoid(-0.25)), 1e-12);
}

TEST(AdversarialLoss, SmoothedLabelsWeighBothAnswersToRealSamples) {
  const auto real = [](double x) { return -0.9 * std::log(sigmoid(x)) - 0.1 * std::log(1 - sigmoid(x)); };
  const double fake = -std::log(1 - sigmoid(1.5)) - std::log(1 - sigmoid(-0.25));
  EXPECT_NEAR(discriminator_sum(BceLoss{.label_smoothing = 0.1}), real(0.5) + real(-2) + fake, 1e-12);
}

// Reed et al. 2016, algorithm 1: log s_r + (log(1 - s_w) + log(1 - s_f)) / 2; a row without a mismatched pair
// has the fake alone.
TEST(AdversarialLoss, MismatchedPairsShareTheLossOfFakes) {
  const at::Tensor real = logits({0.5, -2}), fake = logits({1.5, -0.25}), mismatched = logits({0.7, 3});
  const at::Tensor share = logits({0.5, 0});
  const auto taken_for_fake = [](double x) { return -std::log(1 - sigmoid(x)); };
  const double of_real = -std::log(sigmoid(0.5)) - std::log(sigmoid(-2.0));
  const DiscriminatorLoss found = discriminator_loss(BceLoss{}, real, fake, mismatched, share, 0.1);
  EXPECT_NEAR(found.sum.item<double>(),
              of_real + (taken_for_fake(0.7) + taken_for_fake(1.5)) / 2 + taken_for_fake(-0.25), 1e-12);
  EXPECT_TRUE(at::allclose(found.real, -0.1 * (-real).sigmoid()));
  EXPECT_TRUE(at::allclose(found.fake, 0.1 * (1 - share) * fake.sigmoid()));
  EXPECT_TRUE(at::allclose(found.mismatched, 0.1 * share * mismatched.sigmoid()));
}

TEST(AdversarialLoss, OthersFollowTheirPapers) {
  EXPECT_NEAR(discriminator_sum(WassersteinLoss{}), (1.5 - 0.25) - (0.5 - 2), 1e-12);
  EXPECT_NEAR(generator_sum(WassersteinLoss{}), -1.25, 1e-12);
  EXPECT_NEAR(discriminator_sum(HingeLoss{}), 0.5 + 3 + 2.5 + 0.75, 1e-12);
  EXPECT_NEAR(generator_sum(HingeLoss{}), -1.25, 1e-12);
  EXPECT_NEAR(discriminator_sum(LeastSquaresLoss{}), (0.5 * 0.5 + 3.0 * 3.0 + 1.5 * 1.5 + 0.25 * 0.25) / 2,
              1e-12);
  EXPECT_NEAR(discriminator_sum(LeastSquaresLoss{.label_smoothing = 0.2}),
              (0.3 * 0.3 + 2.8 * 2.8 + 1.5 * 1.5 + 0.25 * 0.25) / 2, 1e-12);
  EXPECT_NEAR(generator_sum(LeastSquaresLoss{}), (0.5 * 0.5 + 1.25 * 1.25) / 2, 1e-12);
  EXPECT_NEAR(discriminator_sum(MixedLoss{.wasserstein_weight = 0.3}),
              discriminator_sum(BceLoss{}) + 0.3 * discriminator_sum(WassersteinLoss{}), 1e-12);
  EXPECT_NEAR(generator_sum(MixedLoss{.wasserstein_weight = 0.3}),
              generator_sum(BceLoss{}) + 0.3 * generator_sum(WassersteinLoss{}), 1e-12);
}

TEST(AdversarialLoss, RefusesLogitsThatWouldBroadcast) {
  expect_error<Error>([] { generator_loss(BceLoss{}, at::zeros({4}), 1); }, {"[rows, 1]"});
  expect_error<Error>(
      [] {
        discriminator_loss(BceLoss{}, at::zeros({4, 1}), at::zeros({4, 4}), 1);
      },
      {"[rows, 1]"});
}

// The losses again as graphs, for autograd to differentiate.
at::Tensor discriminator_graph(const AdversarialLoss& loss, const at::Tensor& real, const at::Tensor& fake) {
  if (const auto* bce = std::get_if<BceLoss>(&loss))
    return -at::log_sigmoid(real).sum() + bce->label_smoothing * real.sum() - at::log_sigmoid(-fake).sum();
  if (std::holds_alternative<WassersteinLoss>(loss)) return fake.sum() - real.sum();
  if (std::holds_alternative<HingeLoss>(loss)) return at::relu(1 - real).sum() + at::relu(1 + fake).sum();
  if (const auto* squares = std::get_if<LeastSquaresLoss>(&loss))
    return ((real - 1 + squares->label_smoothing).square().sum() + fake.square().sum()) / 2;
  const double weight = std::get<MixedLoss>(loss).wasserstein_weight;
  return discriminator_graph(BceLoss{}, real, fake) +
         weight * discriminator_graph(WassersteinLoss{}, real, fake);
}
at::Tensor generator_graph(const AdversarialLoss& loss, const at::Tensor& fake) {
  if (const auto* bce = std::get_if<BceLoss>(&loss))
    return bce->saturating ? at::log_sigmoid(-fake).sum() : -at::log_sigmoid(fake).sum();
  if (std::holds_alternative<LeastSquaresLoss>(loss)) return (fake - 1).square().sum() / 2;
  if (const auto* mixed = std::get_if<MixedLoss>(&loss))
    return generator_graph(BceLoss{}, fake) - mixed->wasserstein_weight * fake.sum();
  return -fake.sum();
}

const std::vector<std::pair<const char*, AdversarialLoss>>& losses() {
  static const std::vector<std::pair<const char*, AdversarialLoss>> all{
      {"bce", BceLoss{}},
      {"saturating bce", BceLoss{.saturating = true}},
      {"smoothed bce", BceLoss{.label_smoothing = 0.1}},
      {"wasserstein", WassersteinLoss{}},
      {"hinge", HingeLoss{}},
      {"least squares", LeastSquaresLoss{}},
      {"smoothed least squares", LeastSquaresLoss{.label_smoothing = 0.2}},
      {"mixed", MixedLoss{.wasserstein_weight = 0.5}}};
  return all;
}

TEST(AdversarialLoss, SumsAndSlopesAreThoseOfAutograd) {
  for (const auto& [name, loss] : losses()) {
    const at::Tensor real = logits({-600, -30, -1, -0.3, 0, 0.7, 2, 30, 600}).requires_grad_(true);
    const at::Tensor fake = logits({-600, -30, -1, -0.3, 0, 0.7, 2, 30, 600}).requires_grad_(true);
    const DiscriminatorLoss of_discriminator = discriminator_loss(loss, real, fake, 0.5);
    const at::Tensor graph = discriminator_graph(loss, real, fake);
    const auto slopes = torch::autograd::grad({graph}, {real, fake});
    EXPECT_NEAR(of_discriminator.sum.item<double>(), graph.item<double>(),
                1e-13 * std::abs(graph.item<double>()))
        << name;
    EXPECT_TRUE(at::allclose(of_discriminator.real, slopes[0] / 2, 1e-13, 1e-20)) << name;
    EXPECT_TRUE(at::allclose(of_discriminator.fake, slopes[1] / 2, 1e-13, 1e-20)) << name;
    const LossAndSlope of_generator = generator_loss(loss, fake, 0.5);
    const at::Tensor generators = generator_graph(loss, fake);
    EXPECT_NEAR(of_generator.sum.item<double>(), generators.item<double>(),
                1e-13 * std::abs(generators.item<double>()))
        << name;
    EXPECT_TRUE(
        at::allclose(of_generator.slope, torch::autograd::grad({generators}, {fake})[0] / 2, 1e-13, 1e-20))
        << name;
  }
}

// A discriminator without operations across rows.
at::Tensor judge(const at::Tensor& samples, const at::Tensor& weights, double scale) {
  return scale * (samples.tanh().matmul(weights).relu().sum(1, /*keepdim=*/true) - 2.5);
}

struct FakeGradients {
  at::Tensor one_pass;  // undefined where the factor refuses
  at::Tensor two_passes;
};

FakeGradients fake_gradients(const AdversarialLoss& loss, double scale, at::ScalarType dtype) {
  const at::Tensor weights = at::linspace(-1, 1, 12, dtype).view({3, 4});
  const at::Tensor real = at::linspace(-1, 2, 15, dtype).view({5, 3});
  const at::Tensor fake = at::linspace(-2, 3, 15, dtype).view({5, 3}).requires_grad_(true);
  const at::Tensor real_logits = judge(real, weights, scale), fake_logits = judge(fake, weights, scale);
  const at::Tensor at_fake = discriminator_loss(loss, real_logits, fake_logits, 1).fake;
  FakeGradients gradients;
  gradients.two_passes = torch::autograd::grad({generator_graph(loss, fake_logits)}, {fake}, {}, true)[0];
  if (const auto one = one_pass(generator_loss(loss, fake_logits, 1).slope, at_fake))
    gradients.one_pass =
        torch::autograd::grad({fake_logits}, {fake}, {one->discriminator_slope}, true)[0] * one->factor;
  return gradients;
}

TEST(OnePass, GivesTheGradientOfAPassOfItsOwnForEveryLossThatSupportsIt) {
  for (const auto& [name, loss] : losses()) {
    if (std::holds_alternative<HingeLoss>(loss)) continue;
    for (const double scale : {0.1, 1.0, 7.0}) {
      const FakeGradients gradients = fake_gradients(loss, scale, at::kDouble);
      ASSERT_TRUE(gradients.one_pass.defined()) << name;
      EXPECT_TRUE(at::allclose(gradients.one_pass, gradients.two_passes, 1e-12, 1e-14))
          << name << " x " << scale;
      const FakeGradients single = fake_gradients(loss, scale, at::kFloat);
      EXPECT_TRUE(at::allclose(single.one_pass, single.two_passes, 1e-5, 1e-6)) << name << " x " << scale;
    }
  }
}

// Where the discriminator's own slope underflows there is nothing left to scale; hinge has slope 0 past its
// margin.
TEST(OnePass, RefusesWhatItWouldLose) {
  EXPECT_FALSE(fake_gradients(BceLoss{}, 100, at::kFloat).one_pass.defined());
  EXPECT_TRUE(fake_gradients(BceLoss{}, 100, at::kDouble).one_pass.defined());
  EXPECT_FALSE(fake_gradients(HingeLoss{}, 10, at::kDouble).one_pass.defined());
  const auto bce_factor = [](double logit) {
    const at::Tensor logits = at::full({1, 1}, logit);
    return one_pass(generator_loss(BceLoss{}, logits, 1).slope,
                    discriminator_loss(BceLoss{}, logits, logits, 1).fake);
  };
  for (const double logit : {-50.0, -54.0, 50.0, 200.0})
    EXPECT_TRUE(bce_factor(logit)->factor.isfinite().all().item<bool>()) << logit;
  for (const double logit : {-56.0, -90.0, -1000.0, std::nan("")}) EXPECT_FALSE(bce_factor(logit)) << logit;
}

}  // namespace
}  // namespace ganymede
