#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "optimization/gradient_clipping.hpp"
#include "optimization/learning_rate_schedule.hpp"
#include "optimization/optimizer.hpp"
#include "optimization/weight_average.hpp"
#include "tests/optimization/small_network.hpp"

namespace ganymede {
namespace {

TEST(ParameterArena, HoldsEveryParameterAlignedInReverseOrder) {
  const auto network = small_network();
  std::vector<at::Tensor> before;
  for (const at::Tensor& parameter : network->parameters()) before.push_back(parameter.detach().clone());
  const ParameterArena arena(*network, alone().gradients());
  const std::vector<at::Tensor> parameters = network->parameters();
  ASSERT_EQ(arena.slots().size(), parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& slot = arena.slots()[parameters.size() - 1 - i];
    EXPECT_TRUE(at::equal(parameters[i], before[i]));
    EXPECT_EQ(slot.offset * 8 % 64, 0);
    EXPECT_EQ(parameters[i].const_data_ptr(), arena.view_of(arena.values(), slot).const_data_ptr());
  }
}

TEST(ParameterArena, HoldsTheGradientsOfBackwardAndDoubleBackward) {
  const auto network = small_network();
  ParameterArena arena(*network, alone().gradients());
  const at::Tensor rows = at::randn({3, 4}, at::kDouble).requires_grad_();
  const at::Tensor output = forward(*network, rows).sum();
  const at::Tensor gradient = torch::autograd::grad({output}, {rows}, {}, true, /*create_graph=*/true)[0];
  (output + gradient.pow(2).sum()).backward();
  EXPECT_GT(arena.gradients().abs().sum().item<double>(), 0);
  const at::Tensor once = arena.gradients().clone();
  forward(*network, rows).sum().backward();
  network->zero_grad();  // has nothing to say here
  EXPECT_FALSE(at::equal(arena.gradients(), once));
  arena.clear_gradients();
  arena.complete_gradients();
  EXPECT_EQ(arena.gradients().abs().sum().item<double>(), 0);
}

// Autograd's own accumulators, which write to grad(), are the reference; a parameter that the loss does not
// use has gradient 0.
TEST(ParameterArena, SumsWhatAutogradWould) {
  const auto ours = small_network(), torchs = small_network();
  ParameterArena arena(*ours, alone().gradients());
  arena.clear_gradients();
  arena.gradients().fill_(1e6);  // left by an update before
  const at::Tensor rows = at::randn({3, 4}, at::kDouble);
  for (int pass = 0; pass < 2; ++pass)
    for (Network* network : {ours.get(), torchs.get()}) {
      std::vector<at::Tensor> hidden;
      ForwardContext context{.training = true, .hidden = &hidden};
      network->forward(rows.view({-1, 1, 2, 2}), context);
      hidden[0].square().sum().backward();
    }
  arena.complete_gradients();
  for (const auto& slot : arena.slots()) {
    const at::Tensor expected = torchs->named_parameters()[slot.name].grad();
    const at::Tensor sum = arena.view_of(arena.gradients(), slot);
    EXPECT_TRUE(at::allclose(sum, expected.defined() ? expected : at::zeros_like(sum), 1e-12, 1e-13))
        << slot.name;
  }
}

TEST(ParameterArena, AFrozenNetworkGetsNoGradients) {
  const auto network = small_network();
  ParameterArena arena(*network, alone().gradients());
  const at::Tensor rows = at::randn({3, 4}, at::kDouble).requires_grad_();
  {
    const Frozen frozen(arena);
    forward(*network, rows).sum().backward();
  }
  EXPECT_EQ(arena.gradients().abs().sum().item<double>(), 0);
  EXPECT_GT(rows.grad().abs().sum().item<double>(), 0);
  forward(*network, rows).sum().backward();
  EXPECT_GT(arena.gradients().abs().sum().item<double>(), 0);
}

// Against the formulas of Kingma and Ba 2015, Algorithm 1, epsilon outside the root: of every element, each
// with a gradient of its own, on its way through whole vectors and their tail.
TEST(Adam, FollowsItsFormulas) {
  const AdamOptions options{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-7};
  for (const std::int64_t elements : {1, 3, 8, 13, 16, 31, 67}) {
    const auto network = std::make_shared<torch::nn::Module>();
    network->register_parameter("weight", at::linspace(-1, 1, elements, at::kDouble));
    ParameterArena arena(*network, alone().gradients());
    const auto adam = make_optimizer(options, arena);
    const auto& slot = arena.slots().front();
    at::Tensor value = network->parameters()[0].detach().clone(), m = at::zeros_like(value), v = m.clone();
    for (int step = 1; step <= 5; ++step) {
      const at::Tensor gradient = at::cos(at::arange(elements, at::kDouble) + step);
      arena.view_of(arena.gradients(), slot).copy_(gradient);
      adam->step(at::full({}, step == 3 ? 0.5 : 1.0, at::kDouble));
      m = options.beta1 * m + (1 - options.beta1) * gradient;
      v = options.beta2 * v + (1 - options.beta2) * gradient * gradient;
      value = value - options.learning_rate * (step == 3 ? 0.5 : 1.0) *
                          (m / (1 - std::pow(options.beta1, step))) /
                          ((v / (1 - std::pow(options.beta2, step))).sqrt() + options.epsilon);
      const at::Tensor difference = (arena.view_of(arena.values(), slot) - value).abs();
      EXPECT_LT(difference.max().item<double>(), 1e-12) << elements << " elements, step " << step;
    }
  }
}

// PyTorch's RMSprop and SGD are compared with step by step in
// procedures/adversarial/parts_reference_test.cpp.
TEST(Optimizers, NoteGradientsAndValuesThatAreNotFinite) {
  for (const OptimizerOptions& options :
       {OptimizerOptions(AdamOptions{}), OptimizerOptions(RmspropOptions{}), OptimizerOptions(SgdOptions{}),
        OptimizerOptions(SgdOptions{.momentum = 0.9})})
    for (const double number : {1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
      const auto network = small_network();
      ParameterArena arena(*network, alone().gradients());
      const auto optimizer = make_optimizer(options, arena);
      arena.gradients().fill_(0.5);
      optimizer->step(at::ones({}, at::kDouble));
      EXPECT_FALSE(optimizer->has_diverged());
      arena.gradients()[arena.slots().back().offset] = number;
      optimizer->step(at::ones({}, at::kDouble));
      EXPECT_EQ(optimizer->has_diverged(), !std::isfinite(number)) << options.index() << " " << number;
    }
}

TEST(LearningRateSchedule, WarmsUpAndDecaysAsItsFormulasSay) {
  EXPECT_EQ(rate_factor({}, 12345), 1);
  const LearningRateSchedule line{.decay = LinearDecay{.start = 10, .steps = 20, .final_factor = 0.2}};
  EXPECT_EQ(rate_factor(line, 0), 1);
  EXPECT_EQ(rate_factor(line, 10), 1);
  EXPECT_DOUBLE_EQ(rate_factor(line, 20), 0.6);
  EXPECT_DOUBLE_EQ(rate_factor(line, 30), 0.2);
  EXPECT_DOUBLE_EQ(rate_factor(line, 1000), 0.2);
  const LearningRateSchedule cosine{.decay = CosineDecay{.start = 0, .steps = 60}, .warm_up_steps = 10};
  EXPECT_NEAR(rate_factor(cosine, 0), 0.1, 1e-12);
  EXPECT_NEAR(rate_factor(cosine, 20), 0.75, 1e-12);  // (1 + cos 60 degrees) / 2
  EXPECT_NEAR(rate_factor(cosine, 60), 0, 1e-12);
}

TEST(GradientClipping, BoundsTheNormOfTheWholeNetwork) {
  const auto network = small_network();
  ParameterArena arena(*network, alone().gradients());
  for (const auto& slot : arena.slots()) arena.view_of(arena.gradients(), slot).fill_(2.0);
  const double norm = arena.gradients().norm().item<double>();
  clip_gradient_norm(arena, norm + 1);
  EXPECT_EQ(arena.gradients().max().item<double>(), 2.0);
  clip_gradient_norm(arena, 0.5);
  EXPECT_NEAR(arena.gradients().norm().item<double>(), 0.5, 1e-6);
}

TEST(WeightAverage, FollowsTheWeightsAndStandsInForThem) {
  const auto network = small_network();
  ParameterArena arena(*network, alone().gradients());
  arena.values().fill_(1.0);
  const at::Tensor statistics = at::full({2}, 8.0);
  WeightAverage average(arena, 0.75, {statistics});
  arena.values().fill_(3.0);
  average.update();
  EXPECT_TRUE(average.values().eq(1.5).all().item<bool>());
  statistics.fill_(4.0);
  average.update_statistics();
  {
    const Substituted substituted(arena, average);
    EXPECT_EQ(network->parameters()[0].max().item<double>(), 1.5);
    EXPECT_TRUE(statistics.eq(7.0).all().item<bool>());
  }
  EXPECT_EQ(network->parameters()[0].max().item<double>(), 3.0);
  EXPECT_TRUE(statistics.eq(4.0).all().item<bool>());
}

}  // namespace
}  // namespace ganymede
