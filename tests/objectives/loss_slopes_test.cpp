#include "objectives/loss_slopes.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace ganymede {
namespace {

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
  const LossSlopes slopes = loss_slopes(loss, real_logits, fake_logits);
  FakeGradients gradients;
  gradients.two_passes = torch::autograd::grad({generator_loss_sum(loss, fake_logits)}, {fake}, {}, true)[0];
  if (const auto factor = one_pass_factor(slopes))
    gradients.one_pass = torch::autograd::grad({fake_logits}, {fake}, {slopes.fake}, true)[0] * *factor;
  return gradients;
}

const std::vector<std::pair<const char*, AdversarialLoss>>& losses() {
  static const std::vector<std::pair<const char*, AdversarialLoss>> all{
      {"bce", BceLoss{}},
      {"saturating bce", BceLoss{.saturating = true}},
      {"smoothed bce", BceLoss{.label_smoothing = 0.1}},
      {"wasserstein", WassersteinLoss{}},
      {"least squares", LeastSquaresLoss{}},
      {"mixed", MixedLoss{.wasserstein_weight = 0.5}}};
  return all;
}

TEST(OnePassFactor, GivesTheGradientOfAPassOfItsOwnForEveryLossThatSupportsIt) {
  for (const auto& [name, loss] : losses())
    for (const double scale : {0.1, 1.0, 7.0}) {
      const FakeGradients gradients = fake_gradients(loss, scale, at::kDouble);
      ASSERT_TRUE(gradients.one_pass.defined()) << name;
      EXPECT_TRUE(at::allclose(gradients.one_pass, gradients.two_passes, 1e-12, 1e-14))
          << name << " x " << scale;
      const FakeGradients single = fake_gradients(loss, scale, at::kFloat);
      EXPECT_TRUE(at::allclose(single.one_pass, single.two_passes, 1e-5, 1e-6)) << name << " x " << scale;
    }
}

// Where the discriminator's own slope underflows there is nothing left to scale; hinge has slope 0 past its
// margin.
TEST(OnePassFactor, RefusesWhatItWouldLose) {
  EXPECT_FALSE(fake_gradients(BceLoss{}, 100, at::kFloat).one_pass.defined());
  EXPECT_TRUE(fake_gradients(BceLoss{}, 100, at::kDouble).one_pass.defined());
  EXPECT_FALSE(fake_gradients(HingeLoss{}, 10, at::kDouble).one_pass.defined());
  for (const double logit : {-50.0, -54.0, 50.0, 200.0}) {
    const at::Tensor logits = at::full({1, 1}, logit);
    EXPECT_TRUE(one_pass_factor(loss_slopes(BceLoss{}, logits, logits))->isfinite().all().item<bool>())
        << logit;
  }
  for (const double logit : {-56.0, -90.0, -1000.0, std::nan("")}) {
    const at::Tensor logits = at::full({1, 1}, logit);
    EXPECT_FALSE(one_pass_factor(loss_slopes(BceLoss{}, logits, logits))) << logit;
  }
}

}  // namespace
}  // namespace ganymede
