#include "networks/linear.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "optimization/gradient_accumulator.hpp"

namespace ganymede {
namespace {

constexpr double kSlopes[] = {1, 0, 0.2};  // no activation, ReLU, leaky ReLU

struct Layers {
  torch::nn::Linear ours{nullptr}, torchs{nullptr};
};

Layers make_layers(at::ScalarType dtype = at::kDouble) {
  Layers layers{torch::nn::Linear(37, 21), torch::nn::Linear(37, 21)};
  layers.ours->to(dtype);
  layers.torchs->to(dtype);
  at::NoGradGuard no_grad;
  layers.torchs->weight.copy_(layers.ours->weight);
  layers.torchs->bias.copy_(layers.ours->bias);
  return layers;
}

at::Tensor torchs_forward(torch::nn::Linear& layer, const at::Tensor& input, double slope) {
  return at::leaky_relu(layer->forward(input), slope);
}

// Gradients that are summed in memory laid out by somebody else, which holds rubbish at first.
struct Accumulators {
  explicit Accumulators(const torch::nn::Linear& layer) {
    for (const at::Tensor& parameter : {layer->weight, layer->bias}) {
      sums.push_back(at::zeros_like(parameter));
      kept.push_back(GradientAccumulator::attach(parameter, sums.back()));
      kept.back()->clear();
      sums.back().fill_(1e6);
    }
  }
  std::vector<at::Tensor> sums;  // weight's, bias's
  std::vector<std::shared_ptr<GradientAccumulator>> kept;
};

void expect_close(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_TRUE(at::allclose(a, b, 1e-12, 1e-13));
}

// Used twice in one pass, which must add up; with and without an accumulator.
TEST(Linear, HasTheGradientsOfTorch) {
  for (const double slope : kSlopes)
    for (const bool accumulated : {false, true}) {
      Layers layers = make_layers();
      std::optional<Accumulators> accumulators;
      if (accumulated) accumulators.emplace(layers.ours);
      const at::Tensor x = at::randn({4, 37}, at::kDouble).requires_grad_(),
                       y = x.detach().clone().requires_grad_();
      const at::Tensor ours = linear(layers.ours, x, slope), torchs = torchs_forward(layers.torchs, y, slope);
      expect_close(ours, torchs);
      (ours.square().sum() + linear(layers.ours, x.tanh(), slope).exp().sum()).backward();
      (torchs.square().sum() + torchs_forward(layers.torchs, y.tanh(), slope).exp().sum()).backward();
      expect_close(x.grad(), y.grad());
      const auto gradient = [&](std::size_t i, const at::Tensor& parameter) {
        return accumulators ? accumulators->sums[i] : parameter.grad();
      };
      expect_close(gradient(0, layers.ours->weight), layers.torchs->weight.grad());
      expect_close(gradient(1, layers.ours->bias), layers.torchs->bias.grad());
      EXPECT_EQ(layers.ours->weight.grad().defined(), !accumulated);
    }
}

TEST(Linear, ComputesTheSameWithoutGradients) {
  for (const double slope : kSlopes) {
    Layers layers = make_layers(at::kFloat);
    const at::NoGradGuard no_grad;
    const at::Tensor x = at::randn({4, 37});
    EXPECT_TRUE(
        at::allclose(linear(layers.ours, x, slope), torchs_forward(layers.torchs, x, slope), 1e-5, 1e-6));
  }
}

TEST(Linear, HandsOnWhatIsNotANumber) {
  for (const double slope : kSlopes) {
    const Layers layers = make_layers();
    EXPECT_TRUE(
        linear(layers.ours, at::full({1, 37}, std::nan(""), at::kDouble), slope).isnan().all().item<bool>());
  }
}

// As a gradient penalty does it.
TEST(Linear, CanBeDifferentiatedTwice) {
  for (const double slope : kSlopes) {
    Layers layers = make_layers();
    const Accumulators accumulators(layers.ours);
    const auto penalize = [](auto forward) {
      const at::Tensor x = at::linspace(-1, 1, 148, at::kDouble).view({4, 37}).requires_grad_();
      const at::Tensor gradient = torch::autograd::grad({forward(x).tanh().sum()}, {x}, {},
                                                        /*retain_graph=*/true, /*create_graph=*/true)[0];
      (gradient.square().sum() + forward(x).sum()).backward();
    };
    penalize([&](const at::Tensor& x) { return linear(layers.ours, x, slope); });
    penalize([&](const at::Tensor& x) { return torchs_forward(layers.torchs, x, slope); });
    expect_close(accumulators.sums[0], layers.torchs->weight.grad());
    expect_close(accumulators.sums[1], layers.torchs->bias.grad());
  }
}

TEST(Linear, NeedsNoBias) {
  torch::nn::Linear layer(torch::nn::LinearOptions(5, 3).bias(false));
  const at::Tensor sum = at::zeros_like(layer->weight), x = at::randn({4, 5});
  const auto accumulator = GradientAccumulator::attach(layer->weight, sum);
  const at::Tensor output = linear(layer, x);
  EXPECT_TRUE(at::equal(output.detach(), x.mm(layer->weight.detach().t())));
  output.sum().backward();
  EXPECT_TRUE(at::allclose(sum, x.sum(0).expand({3, 5})));
}

// A pass for other parameters leaves these alone.
TEST(Linear, GivesNothingToParametersThatABackwardPassLeavesOut) {
  const Layers layers = make_layers();
  const Accumulators accumulators(layers.ours);
  const at::Tensor x = at::randn({4, 37}, at::kDouble).requires_grad_();
  torch::autograd::backward({linear(layers.ours, x).sum()}, {}, false, false, {x});
  for (const auto& accumulator : accumulators.kept)
    EXPECT_EQ(accumulator->sum().abs().sum().item<double>(), 0);
  EXPECT_GT(x.grad().abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace ganymede
