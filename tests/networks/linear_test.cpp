#include "networks/linear.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace ganymede {
namespace {

struct Layers {
  torch::nn::Linear ours{nullptr}, torchs{nullptr};
};

Layers make_layers() {
  Layers layers{torch::nn::Linear(5, 3), torch::nn::Linear(5, 3)};
  layers.ours->to(at::kDouble);
  layers.torchs->to(at::kDouble);
  at::NoGradGuard no_grad;
  layers.torchs->weight.copy_(layers.ours->weight);
  layers.torchs->bias.copy_(layers.ours->bias);
  return layers;
}

void expect_equal_gradients(const Layers& layers) {
  EXPECT_TRUE(at::allclose(layers.ours->weight.grad(), layers.torchs->weight.grad(), 1e-12, 1e-13));
  EXPECT_TRUE(at::allclose(layers.ours->bias.grad(), layers.torchs->bias.grad(), 1e-12, 1e-13));
}

// With and without gradients that are there already, used twice in one pass, which must add up in place.
TEST(Linear, HasTheGradientsOfTorch) {
  for (const bool there : {false, true}) {
    Layers layers = make_layers();
    for (auto* layer : {&layers.ours, &layers.torchs})
      for (at::Tensor& parameter : (*layer)->parameters())
        if (there) parameter.mutable_grad() = at::ones_like(parameter);
    const void* place = there ? layers.ours->weight.grad().const_data_ptr() : nullptr;
    const at::Tensor x = at::randn({4, 5}, at::kDouble).requires_grad_(), y = x.detach().clone().requires_grad_();
    (linear(layers.ours, x).square().sum() + linear(layers.ours, x.tanh()).exp().sum()).backward();
    (layers.torchs->forward(y).square().sum() + layers.torchs->forward(y.tanh()).exp().sum()).backward();
    expect_equal_gradients(layers);
    EXPECT_TRUE(at::allclose(x.grad(), y.grad(), 1e-12, 1e-13));
    if (there) {
      EXPECT_EQ(layers.ours->weight.grad().const_data_ptr(), place);
    }
  }
}

// As a gradient penalty does it.
TEST(Linear, CanBeDifferentiatedTwice) {
  Layers layers = make_layers();
  const auto penalize = [](auto forward, torch::nn::Linear& layer) {
    for (at::Tensor& parameter : layer->parameters()) parameter.mutable_grad() = at::zeros_like(parameter);
    const at::Tensor x = at::linspace(-1, 1, 20, at::kDouble).view({4, 5}).requires_grad_();
    const at::Tensor gradient =
        torch::autograd::grad({forward(x).tanh().sum()}, {x}, {}, /*retain_graph=*/true, /*create_graph=*/true)[0];
    (gradient.square().sum() + forward(x).sum()).backward();
  };
  penalize([&](const at::Tensor& x) { return linear(layers.ours, x); }, layers.ours);
  penalize([&](const at::Tensor& x) { return layers.torchs->forward(x); }, layers.torchs);
  expect_equal_gradients(layers);
}

// A pass for other parameters leaves these alone.
TEST(Linear, GivesNothingToParametersThatABackwardPassLeavesOut) {
  const Layers layers = make_layers();
  layers.ours->weight.mutable_grad() = at::zeros_like(layers.ours->weight);
  layers.ours->bias.mutable_grad() = at::zeros_like(layers.ours->bias);
  const at::Tensor x = at::randn({4, 5}, at::kDouble).requires_grad_();
  torch::autograd::backward({linear(layers.ours, x).sum()}, {}, false, false, {x});
  EXPECT_EQ(layers.ours->weight.grad().abs().sum().item<double>(), 0);
  EXPECT_EQ(layers.ours->bias.grad().abs().sum().item<double>(), 0);
  EXPECT_GT(x.grad().abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace ganymede
