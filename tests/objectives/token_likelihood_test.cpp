// The surprise of tokens and its slopes against log_softmax and autograd.
#include "objectives/token_likelihood.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ganymede {
namespace {

TEST(TokenLikelihood, IsLogSoftmaxWithItsGradient) {
  torch::manual_seed(3);
  const at::Tensor logits = (5 * at::randn({4, 3, 9}, at::kDouble)).requires_grad_();
  const at::Tensor tokens = at::randint(9, {4, 3}, at::kLong);
  const at::Tensor each = -logits.log_softmax(2).gather(2, tokens.unsqueeze(2)).squeeze(2);
  for (const at::Tensor& weights : {at::Tensor(), at::randn({4, 3}, at::kDouble)}) {
    const at::Tensor sum = (weights.defined() ? each * weights : each).sum();
    const WeightedSurprise found = weighted_surprise(logits, tokens, weights, 0.25);
    EXPECT_NEAR(found.sum.item<double>(), sum.item<double>(), 1e-12);
    const at::Tensor slope = torch::autograd::grad({0.25 * sum}, {logits}, {}, /*retain_graph=*/true)[0];
    EXPECT_TRUE(at::allclose(found.slope, slope, 1e-12, 1e-14));
  }
  EXPECT_NEAR(surprise(logits, tokens).item<double>(), each.sum().item<double>(), 1e-12);
}

TEST(TokenLikelihood, IsFiniteWhereAProbabilityIsZeroInItsType) {
  const at::Tensor logits = at::tensor({200.0f, 0.0f, -300.0f}).view({1, 1, 3});
  const WeightedSurprise found = weighted_surprise(logits, at::full({1, 1}, 2, at::kLong), {}, 1);
  EXPECT_NEAR(found.sum.item<double>(), 500, 1e-4);
  EXPECT_TRUE(at::equal(found.slope.flatten(), at::tensor({1.0f, 0.0f, -1.0f})));
}

}  // namespace
}  // namespace ganymede
