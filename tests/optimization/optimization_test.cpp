#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/error.hpp"
#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "networks/registry.hpp"
#include "optimization/gradient_averager.hpp"
#include "optimization/gradient_clipping.hpp"
#include "optimization/learning_rate_schedule.hpp"
#include "optimization/optimizer.hpp"
#include "optimization/weight_average.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

Communicator& alone() {
  static LoneCommunicator communicator;
  return communicator;
}

std::shared_ptr<Network> small_network() {
  return make_discriminator(
      MlpDiscriminatorOptions{.hidden_sizes = {5, 3}}, /*spectral_normalization=*/false,
      {.shape = {.channels = 1, .height = 2, .width = 2}, .seed = 1, .communicator = alone()}, at::kDouble);
}

at::Tensor forward(Network& network, const at::Tensor& rows) {
  return network.forward(rows.view({-1, 1, 2, 2}), ForwardContext{.training = true});
}

TEST(ParameterArena, HoldsEveryParameterAlignedInReverseOrder) {
  const auto network = small_network();
  std::vector<at::Tensor> before;
  for (const at::Tensor& parameter : network->parameters()) before.push_back(parameter.detach().clone());
  const ParameterArena arena(*network, alone());
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
  ParameterArena arena(*network, alone());
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
  ParameterArena arena(*ours, alone());
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
  ParameterArena arena(*network, alone());
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

// The sums that the ranks own, put together: what every rank would hold if all of them had everything.
at::Tensor gather_owned(const ParameterArena& arena, Communicator& communicator) {
  at::Tensor whole = at::zeros_like(arena.gradients());
  const auto to = arena.owned_parts(whole), from = arena.owned_parts(arena.gradients());
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
  communicator.all_reduce_sum_(whole);
  return whole;
}

constexpr int kRows = 7;

// Ranks with unequal shares, one of them empty. Only one node's owners count.
at::Tensor averaged_gradients(Communicator& communicator, const at::Tensor& rows, int nodes) {
  const std::vector<std::int64_t> borders = communicator.size() == 1
                                                ? std::vector<std::int64_t>{0, kRows}
                                                : std::vector<std::int64_t>{0, 4, 4, kRows};
  const int rank = communicator.rank();
  const at::Tensor share = rows.narrow(0, borders[rank], borders[rank + 1] - borders[rank]);
  const auto network = small_network();
  ParameterArena arena(*network, communicator);
  GradientAverager averager(arena, communicator);
  for (int repeat = 0; repeat < 2; ++repeat) {  // begin zeroes what the last step left
    auto pending = averager.begin();
    (forward(*network, share).pow(2).sum() / kRows).backward();
    pending.finish();
    arena.publish();
  }
  return gather_owned(arena, communicator) / nodes;
}

TEST(GradientAverager, SumsToTheGradientOfTheGlobalMean) {
  const at::Tensor rows = at::randn({kRows, 4}, at::kDouble);
  at::Tensor whole;
  run_loopback_ranks(1, [&](Communicator& one) { whole = averaged_gradients(one, rows, 1); });
  for (const bool overlap : {false, true})
    for (const std::vector<int>& nodes : std::vector<std::vector<int>>{{3}, {2, 1}, {1, 2}, {1, 1, 1}})
      run_loopback_ranks(3,
                         [&](Communicator& communicator) {
                           const at::Tensor sum =
                               averaged_gradients(communicator, rows, static_cast<int>(nodes.size()));
                           EXPECT_TRUE(at::allclose(sum, whole, 1e-12, 1e-14)) << nodes.size() << " nodes";
                         },
                         {.node_sizes = nodes, .overlap = overlap, .bucket_bytes = 1});
}

// A generator's backward pass through the discriminator leaves the discriminator's averager alone.
TEST(GradientAverager, OneNetworksStepDoesNotDisturbAnother) {
  run_loopback_ranks(2, [](Communicator& communicator) {
    const auto first = small_network(), second = small_network();
    ParameterArena first_arena(*first, communicator), second_arena(*second, communicator);
    GradientAverager first_averager(first_arena, communicator);
    auto pending = first_averager.begin();
    (forward(*first, at::ones({1, 4}, at::kDouble)) + forward(*second, at::ones({1, 4}, at::kDouble)))
        .sum()
        .backward();
    const at::Tensor local = second_arena.gradients().clone();
    pending.finish();
    EXPECT_TRUE(at::equal(second_arena.gradients(), local));
  });
}

// Against the formulas of Kingma and Ba 2015, Algorithm 1, epsilon outside the root.
TEST(Adam, FollowsItsFormulas) {
  const auto network = small_network();
  ParameterArena arena(*network, alone());
  const AdamOptions options{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-7};
  const auto adam = make_optimizer(options, arena);
  const auto& slot = arena.slots().front();
  double value = arena.view_of(arena.values(), slot).flatten()[0].item<double>(), m = 0, v = 0;
  for (int step = 1; step <= 5; ++step) {
    const double gradient = std::cos(step);
    arena.gradients().fill_(gradient);
    adam->step(step == 3 ? 0.5 : 1.0);
    m = options.beta1 * m + (1 - options.beta1) * gradient;
    v = options.beta2 * v + (1 - options.beta2) * gradient * gradient;
    value -= options.learning_rate * (step == 3 ? 0.5 : 1.0) * (m / (1 - std::pow(options.beta1, step))) /
             (std::sqrt(v / (1 - std::pow(options.beta2, step))) + options.epsilon);
    EXPECT_NEAR(arena.view_of(arena.values(), slot).flatten()[0].item<double>(), value, 1e-12) << step;
  }
}

// PyTorch's RMSprop and SGD are compared with step by step in gans/parts_reference_test.cpp.
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
  ParameterArena arena(*network, alone());
  for (const auto& slot : arena.slots()) arena.view_of(arena.gradients(), slot).fill_(2.0);
  const double norm = arena.gradients().norm().item<double>();
  clip_gradient_norm(arena, norm + 1);
  EXPECT_EQ(arena.gradients().max().item<double>(), 2.0);
  clip_gradient_norm(arena, 0.5);
  EXPECT_NEAR(arena.gradients().norm().item<double>(), 0.5, 1e-6);
}

TEST(WeightAverage, FollowsTheWeightsAndStandsInForThem) {
  const auto network = small_network();
  ParameterArena arena(*network, alone());
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
