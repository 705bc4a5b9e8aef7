// What a GPU runs at each index, here in a loop over all of them, against the forms of the CPU.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "kernels/arithmetic/bias_activation.hpp"
#include "kernels/arithmetic/fused_updates.hpp"
#include "kernels/arithmetic/lstm_cells.hpp"
#include "kernels/arithmetic/random_tensor.hpp"
#include "kernels/bias_activation.hpp"
#include "kernels/fused_updates.hpp"
#include "kernels/logit_loss.hpp"
#include "kernels/lstm_cells.hpp"
#include "kernels/random_tensor.hpp"

namespace ganymede {
namespace {

template <typename Work>
void run_at_each(std::int64_t count, const Work& work) {
  for (std::int64_t i = 0; i < count; ++i) work(i);
}

template <typename Work>
void run_sums(std::int64_t groups, std::int64_t addends, const Work& work) {
  for (std::int64_t group = 0; group < groups; ++group) {
    typename Work::Number sum = 0;
    for (std::int64_t k = 0; k < addends; ++k) sum += work.addend(k, group);
    work.store(group, sum);
  }
}

template <typename T>
class Arithmetic : public testing::Test {
 protected:
  Arithmetic() { torch::manual_seed(1); }
  static constexpr bool kIsDouble = std::is_same_v<T, double>;
  static constexpr at::ScalarType kType = kIsDouble ? at::kDouble : at::kFloat;
  static at::Tensor normal(at::IntArrayRef shape) { return at::randn(shape, kType); }
  static T* of(const at::Tensor& tensor) { return tensor.mutable_data_ptr<T>(); }
  // Formulas of +, -, x, / and roots alone have the same bits.
  static void expect_same(const at::Tensor& found, const at::Tensor& expected) {
    EXPECT_TRUE(at::equal(found, expected)) << (found - expected).abs().max();
  }
  static void expect_close(const at::Tensor& found, const at::Tensor& expected) {
    const double bound = kIsDouble ? 1e-14 : 1e-6;
    EXPECT_TRUE(at::allclose(found, expected, bound, bound)) << (found - expected).abs().max();
  }
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Arithmetic, Types);

TYPED_TEST(Arithmetic, OfBiasAndActivation) {
  using T = TypeParam;
  for (const double slope : {1.0, 0.0, 0.2}) {
    const at::Tensor values = this->normal({9, 37}), bias = this->normal({37}),
                     gradient = this->normal({9, 37});
    const at::Tensor expected = values.clone(), before = at::empty_like(values);
    cpu::add_bias_and_activate_(expected, bias, slope);
    const auto of = [&](const at::Tensor& tensor) { return this->of(tensor); };
    run_at_each(values.numel(),
                BiasActivationAt<T>{of(values), of(bias), values.size(1), static_cast<T>(slope)});
    this->expect_same(values, expected);
    run_at_each(values.numel(),
                ActivationBackwardAt<T>{of(before), of(gradient), of(expected), static_cast<T>(slope)});
    if (slope != 1)
      this->expect_same(before, cpu::activation_backward(gradient, expected, slope, /*bias_gradient=*/{}));
    for (const bool empty : {true, false}) {
      const at::Tensor sums = this->normal({37}), expected_sums = sums.clone(),
                       again = at::empty_like(values);
      const at::Tensor before_all =
          cpu::activation_backward(gradient, expected, slope, {.numbers = expected_sums, .empty = empty});
      run_sums(37, 9,
               ActivationBackwardSums<T>{slope == 1 ? nullptr : of(again), of(gradient), of(expected),
                                         of(sums), 37, static_cast<T>(slope), !empty});
      if (slope != 1) this->expect_same(again, before_all);
      this->expect_close(sums, expected_sums);
    }
  }
}

TYPED_TEST(Arithmetic, OfUpdates) {
  using T = TypeParam;
  constexpr std::int64_t kCount = 1001;
  const at::Tensor w = this->normal({kCount}), g = this->normal({kCount}), m = this->normal({kCount}),
                   s = this->normal({kCount}).square();
  const at::Tensor expected_w = w.clone(), expected_m = m.clone(), expected_s = s.clone();
  const auto of = [&](const at::Tensor& tensor) { return this->of(tensor); };
  const AdamNumbers numbers{.rate = 1e-2, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8};
  const T epsilon = static_cast<T>(numbers.epsilon);
  const double rate = numbers.rate;
  const at::Tensor rate_factor = at::full({}, 0.3, at::kDouble), factors = at::zeros({2}, at::kDouble);
  const auto* factor = rate_factor.const_data_ptr<double>();
  cpu::begin_adam_(at::full({1}, 2, at::kFloat), factors, numbers, rate_factor);

  const at::Tensor not_finite = at::zeros({1}, at::kInt);
  auto* flag = not_finite.mutable_data_ptr<std::int32_t>();
  cpu::adam_(expected_w, g, expected_m, expected_s, numbers, factors, not_finite);
  run_at_each(kCount, AdamAt<T>{of(w), of(g), of(m), of(s), factors.const_data_ptr<double>(),
                                Decay<T>(numbers.beta1), Decay<T>(numbers.beta2), epsilon, flag});
  this->expect_same(at::stack({w, m, s}), at::stack({expected_w, expected_m, expected_s}));

  cpu::rmsprop_(expected_w, g, expected_s, rate, rate_factor, 0.99, numbers.epsilon, not_finite);
  run_at_each(kCount, RmspropAt<T>{of(w), of(g), of(s), rate, factor, Decay<T>(0.99), epsilon, flag});
  this->expect_same(at::stack({w, s}), at::stack({expected_w, expected_s}));

  cpu::momentum_(expected_w, g, expected_m, rate, rate_factor, 0.9, not_finite);
  run_at_each(kCount, MomentumAt<T>{of(w), of(g), of(m), rate, factor, static_cast<T>(0.9), flag});
  this->expect_same(at::stack({w, m}), at::stack({expected_w, expected_m}));
  EXPECT_EQ(*flag, 0);
  g[5] = std::numeric_limits<double>::infinity();
  run_at_each(kCount, MomentumAt<T>{of(w), of(g), of(m), rate, factor, static_cast<T>(0.9), flag});
  EXPECT_EQ(*flag, 1);
}

TYPED_TEST(Arithmetic, OfLstmCells) {
  using T = TypeParam;
  constexpr std::int64_t kCells = 9, kCount = 5 * kCells, kVocabulary = 4;
  const auto of = [&](const at::Tensor& tensor) { return this->of(tensor); };
  for (const bool by_token : {false, true}) {
    const at::Tensor gates = this->normal({5, 4 * kCells}), before = this->normal({5, kCells});
    const at::Tensor tokens = by_token ? at::randint(kVocabulary, {5}, at::kLong) : at::Tensor();
    const at::Tensor addends = this->normal({by_token ? kVocabulary : 5, 4 * kCells});
    const LstmCells expected = cpu::advance_lstm_cells(gates.clone(), addends, tokens, before);
    const at::Tensor hidden = at::empty_like(before), cell = at::empty_like(before),
                     squashed = at::empty_like(before);
    run_at_each(kCount, LstmCellAt<T>{of(gates), of(addends),
                                      by_token ? tokens.const_data_ptr<std::int64_t>() : nullptr, of(before),
                                      of(hidden), of(cell), of(squashed), kCells});
    this->expect_close(gates, expected.gates);
    this->expect_close(at::stack({hidden, cell, squashed}),
                       at::stack({expected.hidden, expected.cell, expected.squashed}));

    const at::Tensor of_hidden = this->normal({5, kCells}), of_cell = this->normal({5, kCells});
    const at::Tensor at_gates = at::empty_like(gates), at_before = at::empty_like(before);
    run_at_each(kCount, LstmCellBackwardAt<T>{of(at_gates), of(at_before), of(of_hidden), of(of_cell),
                                              of(gates), of(squashed), of(before), kCells});
    const LstmCellGradients back = cpu::lstm_cells_backward(of_hidden, of_cell, gates, squashed, before);
    this->expect_same(at_gates, back.gates);
    this->expect_same(at_before, back.cell_before);
  }
}

TYPED_TEST(Arithmetic, OfLossesOverLogits) {
  using T = TypeParam;
  using Shape = LogitCurve::Shape;
  const auto of = [&](const at::Tensor& tensor) { return this->of(tensor); };
  for (const Shape shape : {Shape::none, Shape::real, Shape::fake, Shape::margin, Shape::square}) {
    const LogitCurve curve{.shape = shape, .parameter = -1, .sign = -1, .line = 0.3};
    const at::Tensor logits = this->normal({33, 1}) * 20, slopes = at::empty_like(logits),
                     loss = at::empty({}, at::kDouble);
    for (const at::Tensor& weights : {at::Tensor(), at::rand_like(logits)}) {
      const LossAndSlope expected = cpu::sum_over_logits(logits, curve, 0.1, weights);
      run_sums(1, 33,
               LogitLossSum<T>{of(logits), weights.defined() ? of(weights) : nullptr, curve, 0.1,
                               loss.mutable_data_ptr<double>(), of(slopes)});
      this->expect_same(slopes, expected.slope);
      EXPECT_NEAR(loss.template item<double>(), expected.sum.template item<double>(),
                  1e-12 * std::abs(expected.sum.template item<double>()));
    }
  }
}

TYPED_TEST(Arithmetic, OfRandomTensorsBitForBit) {
  using T = TypeParam;
  const RandomStream stream(0x123456789ABCDEF0U, {.purpose = Purpose::test, .layer = 3}, 77);
  constexpr std::int64_t kFirst = (std::int64_t{1} << 32) - 9;
  for (const std::int64_t elements : {1, 6, 8, 202}) {
    const std::vector<std::int64_t> shape{7, elements};
    const RandomBlocks blocks = blocks_of(stream, kFirst, 7, elements);
    std::vector<std::uint32_t> expected(static_cast<std::size_t>(7 * elements)), words(expected.size());
    stream.words(expected, static_cast<std::uint32_t>(kFirst), elements);
    run_at_each(blocks.count(), RandomBlockAt<std::uint32_t, ToWords>{blocks, words.data()});
    EXPECT_EQ(words, expected);

    const at::Tensor numbers = at::empty(shape, at::kFloat), mask = at::empty(shape, this->kType);
    run_at_each(blocks.count(), RandomBlockAt<float, ToNormal>{blocks, numbers.mutable_data_ptr<float>()});
    this->expect_same(numbers, cpu::standard_normal(stream, kFirst, shape, at::kCPU));
    run_at_each(blocks.count(), RandomBlockAt<float, ToUniform>{blocks, numbers.mutable_data_ptr<float>()});
    this->expect_same(numbers, cpu::standard_uniform(stream, kFirst, shape, at::kCPU));
    const StoreMask<T> store{this->of(mask), 0.3F, static_cast<T>(1.0 / (1.0 - 0.3))};
    run_at_each(blocks.count(), DropoutBlockAt<T>{blocks, store});
    const at::Tensor expected_mask = at::empty(shape, this->kType);
    cpu::draw_dropout_mask_(expected_mask, stream, kFirst, 0.3);
    this->expect_same(mask, expected_mask);
  }
}

}  // namespace
}  // namespace ganymede
