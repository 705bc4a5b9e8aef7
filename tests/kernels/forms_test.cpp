// Each operation's plain form against the fast one, in both dtypes, at odd sizes and without rows.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "kernels/bias_activation.hpp"
#include "kernels/channel_normalization.hpp"
#include "kernels/fused_updates.hpp"
#include "kernels/logit_loss.hpp"
#include "kernels/lstm_cells.hpp"
#include "kernels/masked_activation.hpp"
#include "kernels/next_different.hpp"
#include "kernels/plane_normalization.hpp"
#include "kernels/random_tensor.hpp"
#include "kernels/sums_of_squares.hpp"
#include "kernels/token_choice.hpp"
#include "kernels/tree_sum.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

class Forms : public testing::TestWithParam<at::ScalarType> {
 protected:
  Forms() { torch::manual_seed(1); }
  at::Tensor normal(at::IntArrayRef shape) const { return at::randn(shape, GetParam()); }
  void expect_close(const at::Tensor& plain, const at::Tensor& fast) const {
    const double bound = GetParam() == at::kDouble ? 1e-12 : 1e-5;
    ASSERT_EQ(plain.sizes(), fast.sizes());
    ASSERT_EQ(plain.scalar_type(), fast.scalar_type());
    EXPECT_TRUE(plain.is_contiguous());
    EXPECT_TRUE(at::allclose(plain, fast, bound, bound)) << (plain - fast).abs().max();
  }
};

const std::array kFormRows{0, 1, 33};

TEST_P(Forms, OfBiasAndActivation) {
  for (const int rows : kFormRows)
    for (const double slope : {1.0, 0.0, 0.2}) {
      const at::Tensor values = normal({rows, 37}), bias = normal({37}), gradient = normal({rows, 37});
      const at::Tensor fast = values.clone(), plain = values.clone();
      cpu::add_bias_and_activate_(fast, bias, slope);
      plain::add_bias_and_activate_(plain, bias, slope);
      expect_close(plain, fast);
      for (const bool empty : {true, false}) {
        const RunningSum fast_sum{.numbers = normal({37}), .empty = empty},
            plain_sum{.numbers = fast_sum.numbers.clone(), .empty = empty};
        const at::Tensor fast_before = cpu::activation_backward(gradient, fast, slope, fast_sum);
        expect_close(plain::activation_backward(gradient, fast, slope, plain_sum), fast_before);
        expect_close(plain_sum.numbers, fast_sum.numbers);
      }
    }
}

// At numbers of 0 and in another order of memory, too.
TEST_P(Forms, OfMaskedActivation) {
  for (const int rows : kFormRows) {
    const at::Tensor mask = at::randint(2, {rows, 3, 5, 7}, GetParam()) / 0.7,
                     gradient = normal(mask.sizes());
    at::Tensor input = normal(mask.sizes()).transpose(1, 3).contiguous().transpose(1, 3);
    input.narrow(1, 0, 1).zero_();
    EXPECT_TRUE(
        at::equal(plain::masked_activation(input, mask, 0.3), cpu::masked_activation(input, mask, 0.3)));
    EXPECT_TRUE(at::equal(plain::masked_activation_backward(gradient, input, mask, 0.3),
                          cpu::masked_activation_backward(gradient, input, mask, 0.3)));
  }
}

TEST_P(Forms, OfPlaneNormalization) {
  for (const int rows : kFormRows)
    for (const double slope : {1.0, 0.0, 0.2}) {
      const at::Tensor images = normal({rows, 3, 5, 7}) + 2, gradient = normal({rows, 3, 5, 7});
      const NormalizedPlanes fast = cpu::normalize_planes(images, slope);
      const NormalizedPlanes plain = plain::normalize_planes(images, slope);
      expect_close(plain.output, fast.output);
      expect_close(plain.statistics, fast.statistics);
      expect_close(plain::normalize_planes_backward(gradient, images, fast.statistics, slope),
                   cpu::normalize_planes_backward(gradient, images, fast.statistics, slope));
    }
}

// Planes with and without a rest beside lanes, planes of one number, and more channels than a block has.
TEST_P(Forms, OfChannelNormalization) {
  for (const std::vector<std::int64_t>& shape :
       std::vector<std::vector<std::int64_t>>{{5, 3, 5, 7}, {2, 4, 4, 4}, {3, 2, 1, 1}, {7, 2100}, {1, 2, 3}})
    for (const double slope : {1.0, 0.0, 0.3}) {
      const at::Tensor input = normal(shape) * 2 + 3, gradient = normal(shape);
      const ChannelMoments fast = cpu::channel_moments(input), plain = plain::channel_moments(input);
      expect_close(plain.mean, fast.mean);
      expect_close(plain.variance, fast.variance);
      const ChannelScale scale{normal({shape[1]}), normal({shape[1]}), slope};
      expect_close(plain::scale_channels(input, scale), cpu::scale_channels(input, scale));
      const ChannelSums fast_sums = cpu::channel_sums(gradient, input, fast.mean, scale),
                        plain_sums = plain::channel_sums(gradient, input, fast.mean, scale);
      expect_close(plain_sums.gradient, fast_sums.gradient);
      expect_close(plain_sums.product, fast_sums.product);
      const at::Tensor of_input = normal({shape[1]}), offset = normal({shape[1]});
      expect_close(plain::scale_channels_backward(gradient, input, scale, of_input, offset),
                   cpu::scale_channels_backward(gradient, input, scale, of_input, offset));
    }
}

TEST_P(Forms, OfLstmCells) {
  constexpr std::int64_t kHidden = 9, kVocabulary = 4;
  for (const int rows : kFormRows)
    for (const bool by_token : {false, true}) {
      const at::Tensor gates = normal({rows, 4 * kHidden}), before = normal({rows, kHidden});
      const at::Tensor tokens = by_token ? at::randint(kVocabulary, {rows}, at::kLong) : at::Tensor();
      const at::Tensor addends = normal({by_token ? kVocabulary : rows, 4 * kHidden});
      const LstmCells fast = cpu::advance_lstm_cells(gates.clone(), addends, tokens, before);
      const LstmCells plain = plain::advance_lstm_cells(gates.clone(), addends, tokens, before);
      expect_close(plain.hidden, fast.hidden);
      expect_close(plain.cell, fast.cell);
      expect_close(plain.gates, fast.gates);
      expect_close(plain.squashed, fast.squashed);
      const at::Tensor of_hidden = normal({rows, kHidden}), of_cell = normal({rows, kHidden});
      const LstmCellGradients fast_back =
          cpu::lstm_cells_backward(of_hidden, of_cell, fast.gates, fast.squashed, before);
      const LstmCellGradients plain_back =
          plain::lstm_cells_backward(of_hidden, of_cell, fast.gates, fast.squashed, before);
      expect_close(plain_back.gates, fast_back.gates);
      expect_close(plain_back.cell_before, fast_back.cell_before);
    }
}

// Values and what an optimizer remembers, of both forms.
struct Buffers {
  explicit Buffers(const at::Tensor& start)
      : fast{start, start * 0.5, start.square()}, plain{fast[0].clone(), fast[1].clone(), fast[2].clone()} {}
  std::array<at::Tensor, 3> fast, plain;
};

const AdamNumbers kAdam{.rate = 1e-2, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8};
const at::Tensor kHalf = at::full({}, 0.5, at::kDouble), kFactors = at::tensor({1.2e-2, 18.3}, at::kDouble);

TEST_P(Forms, OfUpdates) {
  const at::Tensor not_finite = at::zeros({1}, at::kInt);
  for (const int size : kFormRows) {
    const at::Tensor gradient = normal({size});
    Buffers adam(normal({size})), rmsprop(normal({size})), momentum(normal({size})), descent(normal({size}));
    cpu::adam_(adam.fast[0], gradient, adam.fast[1], adam.fast[2], kAdam, kFactors, not_finite);
    plain::adam_(adam.plain[0], gradient, adam.plain[1], adam.plain[2], kAdam, kFactors, not_finite);
    cpu::rmsprop_(rmsprop.fast[0], gradient, rmsprop.fast[2], 1e-2, kHalf, 0.99, 1e-8, not_finite);
    plain::rmsprop_(rmsprop.plain[0], gradient, rmsprop.plain[2], 1e-2, kHalf, 0.99, 1e-8, not_finite);
    cpu::momentum_(momentum.fast[0], gradient, momentum.fast[1], 1e-2, kHalf, 0.9, not_finite);
    plain::momentum_(momentum.plain[0], gradient, momentum.plain[1], 1e-2, kHalf, 0.9, not_finite);
    cpu::descend_(descent.fast[0], gradient, 1e-2, kHalf, not_finite);
    plain::descend_(descent.plain[0], gradient, 1e-2, kHalf, not_finite);
    for (const Buffers* buffers : {&adam, &rmsprop, &momentum, &descent})
      for (std::size_t i = 0; i < buffers->fast.size(); ++i)
        expect_close(buffers->plain[i], buffers->fast[i]);
  }
}

TEST(AdamForms, CountAndShareFactors) {
  const at::Tensor updates = at::full({1}, 2, at::kFloat), also = updates.clone();
  const at::Tensor fast = at::zeros({2}, at::kDouble), plain = at::zeros_like(fast);
  for (const double number : {3, 4}) {
    cpu::begin_adam_(updates, fast, kAdam, kHalf);
    plain::begin_adam_(also, plain, kAdam, kHalf);
    EXPECT_EQ(updates.item<double>(), number);
    EXPECT_TRUE(at::equal(also, updates));
    EXPECT_TRUE(at::allclose(plain, fast, 1e-15)) << plain - fast;
    EXPECT_DOUBLE_EQ(fast[0].item<double>(), 0.5e-2 / (1 - std::pow(0.5, number)));
    EXPECT_DOUBLE_EQ(fast[1].item<double>(), 1 / std::sqrt(1 - std::pow(0.999, number)));
  }
}

// Wherever it stands, and whatever comes after it.
TEST_P(Forms, OfUpdatesNoteWhatIsNotFinite) {
  for (const int place : {0, 17, 36})
    for (const double number : {1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
      const at::Tensor gradient = normal({37});
      gradient[place] = number;
      const auto noted = [&](const auto& update) {
        const Buffers of(normal({37}));
        const at::Tensor not_finite = at::zeros({1}, at::kInt);
        update(of.fast, not_finite);
        return not_finite.item<int>() != 0;
      };
      const bool expected = !std::isfinite(number);
      EXPECT_EQ(noted([&](auto& b, auto& n) { cpu::adam_(b[0], gradient, b[1], b[2], kAdam, kFactors, n); }),
                expected);
      EXPECT_EQ(
          noted([&](auto& b, auto& n) { plain::adam_(b[0], gradient, b[1], b[2], kAdam, kFactors, n); }),
          expected);
      EXPECT_EQ(
          noted([&](auto& b, auto& n) { cpu::rmsprop_(b[0], gradient, b[2], 0.01, kHalf, 0.99, 1e-8, n); }),
          expected);
      EXPECT_EQ(
          noted([&](auto& b, auto& n) { plain::rmsprop_(b[0], gradient, b[2], 0.01, kHalf, 0.99, 1e-8, n); }),
          expected);
      EXPECT_EQ(noted([&](auto& b, auto& n) { cpu::momentum_(b[0], gradient, b[1], 0.01, kHalf, 0.9, n); }),
                expected);
      EXPECT_EQ(noted([&](auto& b, auto& n) { plain::momentum_(b[0], gradient, b[1], 0.01, kHalf, 0.9, n); }),
                expected);
      EXPECT_EQ(noted([&](auto& b, auto& n) { cpu::descend_(b[0], gradient, 0.01, kHalf, n); }), expected);
      EXPECT_EQ(noted([&](auto& b, auto& n) { plain::descend_(b[0], gradient, 0.01, kHalf, n); }), expected);
    }
}

TEST_P(Forms, OfSumsOfSquares) {
  for (const std::int64_t size : {0, 1, 63, 64, 200}) {
    constexpr std::int64_t kBlock = 64;
    const at::Tensor numbers = normal({size});
    const at::Tensor fast = at::zeros({(size + kBlock - 1) / kBlock}, at::kDouble),
                     plain = at::zeros_like(fast);
    cpu::sums_of_squares(numbers, kBlock, fast);
    plain::sums_of_squares(numbers, kBlock, plain);
    EXPECT_TRUE(at::allclose(plain, fast, 1e-14));
    EXPECT_NEAR(plain::sum_in_order(plain).item<double>(), cpu::sum_in_order(fast).item<double>(), 1e-10);
  }
}

TEST_P(Forms, OfTheTreeSumHaveTheSameBits) {
  for (const std::size_t count : {1, 2, 3, 4, 7}) {
    std::vector<at::Tensor> addends;
    for (std::size_t i = 0; i < count; ++i) addends.push_back(normal({601}));
    const at::Tensor fast = at::empty_like(addends[0]);
    cpu::tree_sum_into(fast, addends);
    plain::tree_sum_into(addends.back(), addends);  // over an addend
    EXPECT_TRUE(at::equal(addends.back(), fast)) << count;
  }
}

TEST_P(Forms, OfLossesOverLogits) {
  using Shape = LogitCurve::Shape;
  for (const int rows : kFormRows)
    for (const Shape shape : {Shape::none, Shape::real, Shape::fake, Shape::margin, Shape::square}) {
      const LogitCurve curve{.shape = shape, .parameter = -1, .sign = -1, .line = 0.3};
      const at::Tensor logits = normal({rows, 1}) * 20;
      for (const at::Tensor& weights : {at::Tensor(), at::rand_like(logits)}) {
        const LossAndSlope fast = cpu::sum_over_logits(logits, curve, 0.1, weights);
        const LossAndSlope plain = plain::sum_over_logits(logits, curve, 0.1, weights);
        EXPECT_NEAR(plain.sum.item<double>(), fast.sum.item<double>(),
                    1e-10 * std::abs(fast.sum.item<double>()));
        expect_close(plain.slope, fast.slope);
      }
    }
}

TEST_P(Forms, OfTokenChoice) {
  for (const std::int64_t times : {1, 3}) {
    const at::Tensor logits = normal({50, 203}) * 3;
    const at::Tensor uniform = at::rand({times, 50}, GetParam());
    EXPECT_TRUE(at::equal(plain::pick_tokens(logits, uniform), cpu::pick_tokens(logits, uniform)));
    const at::Tensor row = uniform[0];
    EXPECT_TRUE(at::equal(plain::pick_tokens(logits, row), cpu::pick_tokens(logits, row)));
  }
  const at::Tensor ends = at::tensor({-INFINITY, 0.0, 1.0, -INFINITY}, GetParam()).expand({2, 4});
  const at::Tensor extremes = at::tensor({0.0, 1.0}, GetParam());
  EXPECT_TRUE(at::equal(plain::pick_tokens(ends, extremes), cpu::pick_tokens(ends, extremes)));
}

TEST_P(Forms, OfRandomTensorsHaveTheSameBits) {
  const RandomStream stream(0x123456789ABCDEF0U, {.purpose = Purpose::test, .layer = 3}, 77);
  const at::TensorOptions options = GetParam();
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{0, 5}, {1, 1}, {7, 6}, {3, 2, 101}}) {
    const std::int64_t first = (std::int64_t{1} << 32) - 9;
    EXPECT_TRUE(at::equal(plain::standard_normal(stream, first, shape, at::kCPU),
                          cpu::standard_normal(stream, first, shape, at::kCPU)));
    const at::Tensor uniform = plain::standard_uniform(stream, first, shape, at::kCPU);
    EXPECT_TRUE(at::equal(uniform, cpu::standard_uniform(stream, first, shape, at::kCPU)));
    EXPECT_TRUE(uniform.is_contiguous());
    const at::Tensor plain_mask = at::empty(shape, options), mask = at::empty(shape, options);
    plain::draw_dropout_mask_(plain_mask, stream, first, 0.3);
    cpu::draw_dropout_mask_(mask, stream, first, 0.3);
    EXPECT_TRUE(at::equal(plain_mask, mask));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Forms, testing::Values(at::kFloat, at::kDouble));

TEST(FormsOfNextDifferent, FindTheSameRows) {
  for (const std::int64_t kinds : {1, 2, 5})
    for (const bool labelled : {false, true}) {
      const at::Tensor rows = at::randint(kinds, {23, 2}, at::kLong);
      const at::Tensor labels = labelled ? at::randint(3, {23}, at::kLong) : at::Tensor();
      for (const std::int64_t first : {0, 4})
        EXPECT_TRUE(at::equal(plain::next_different_rows(rows, labels, first, 19),
                              cpu::next_different_rows(rows, labels, first, 19)));
      EXPECT_EQ(plain::next_different_rows(rows, labels, 3, 0).numel(), 0);
    }
}

// No GPU is needed: LibTorch's device without memory is another one, too.
TEST(FormsOfTwoDevices, AreRefused) {
  const at::Tensor here = at::zeros({2, 3}), there = at::zeros({3}, at::TensorOptions(at::kMeta));
  expect_error<Error>([&] { add_bias_and_activate_(here, there, 0); },
                      {"add_bias_and_activate_", "cpu", "meta", "one device"});
  const std::array<at::Tensor, 2> addends{here[0], there};
  expect_error<Error>([&] { tree_sum_into(here[1], addends); }, {"tree_sum_into", "cpu", "meta"});
  // Where all are elsewhere, ATen computes there.
  const at::Tensor values = at::zeros({2, 3}, at::TensorOptions(at::kMeta));
  EXPECT_TRUE(activation_backward(values, values, 0, {.numbers = there}).is_meta());
}

}  // namespace
}  // namespace ganymede
