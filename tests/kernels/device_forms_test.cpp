// Each operation on a device against the CPU's form, in both dtypes: without rows, of one block of a GPU's
// threads, and of many.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/bias_activation.hpp"
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
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

using Tensors = std::vector<at::Tensor>;

class DeviceForms : public testing::TestWithParam<at::ScalarType> {
 protected:
  static at::Tensor normal(at::IntArrayRef shape) { return at::randn(shape, GetParam()); }

  // compute(inputs) gives tensors, and may change what it gets.
  template <typename Compute>
  static std::pair<Tensors, Tensors> on_both(const Tensors& inputs, const Compute& compute) {
    Tensors here, there;
    for (const at::Tensor& input : inputs) {
      here.push_back(input.defined() ? input.clone() : input);
      there.push_back(input.defined() ? input.to(tested_device()) : input);
    }
    Tensors expected = compute(here), found = compute(there);
    for (at::Tensor& tensor : found) {
      EXPECT_EQ(tensor.device(), tested_device());
      tensor = tensor.cpu();
    }
    return {std::move(found), std::move(expected)};
  }

  // Rounding of sums over `addends` numbers grows with them.
  template <typename Compute>
  static void expect_close(const Tensors& inputs, const Compute& compute, double addends = 1) {
    const auto [found, expected] = on_both(inputs, compute);
    const double bound = (GetParam() == at::kDouble ? 1e-12 : 1e-5) * std::sqrt(addends);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(found[i].sizes(), expected[i].sizes());
      ASSERT_EQ(found[i].scalar_type(), expected[i].scalar_type());
      EXPECT_TRUE(at::allclose(found[i], expected[i], bound, bound))
          << "tensor " << i << " of " << inputs[0].sizes() << ": " << (found[i] - expected[i]).abs().max();
    }
  }

  template <typename Compute>
  static void expect_same_bits(const Tensors& inputs, const Compute& compute) {
    const auto [found, expected] = on_both(inputs, compute);
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(at::equal(found[i], expected[i])) << "tensor " << i;
  }
};

const std::array kDeviceRows{0, 1, 33, 3001};

TEST_P(DeviceForms, OfBiasAndActivation) {
  for (const int rows : kDeviceRows)
    for (const double slope : {1.0, 0.0, 0.2})
      for (const bool empty : {true, false})
        expect_close(
            {normal({rows, 37}), normal({37}), normal({rows, 37}), normal({37})},
            [&](const Tensors& in) {
              add_bias_and_activate_(in[0], in[1], slope);
              const at::Tensor before =
                  activation_backward(in[2], in[0], slope, {.numbers = in[3], .empty = empty});
              return Tensors{in[0], before, in[3], activation_backward(in[2], in[0], slope, {})};
            },
            rows + 1);
}

TEST_P(DeviceForms, OfMaskedActivationHaveTheSameBits) {
  for (const int rows : {0, 1, 300}) {
    const at::Tensor mask = at::randint(2, {rows, 37}, GetParam()) / 0.7;
    expect_same_bits({normal({rows, 37}), mask, normal({rows, 37})}, [](const Tensors& in) {
      return Tensors{masked_activation(in[0], in[1], 0.3),
                     masked_activation_backward(in[2], in[0], in[1], 0.3)};
    });
  }
}

TEST_P(DeviceForms, OfPlaneNormalization) {
  for (const int rows : {0, 1, 33})
    for (const double slope : {1.0, 0.0, 0.2})
      expect_close(
          {normal({rows, 3, 5, 7}) + 2, normal({rows, 3, 5, 7})},
          [&](const Tensors& in) {
            const NormalizedPlanes planes = normalize_planes(in[0], slope);
            return Tensors{planes.output, planes.statistics,
                           normalize_planes_backward(in[1], in[0], planes.statistics, slope)};
          },
          35);
}

TEST_P(DeviceForms, OfLstmCells) {
  constexpr std::int64_t kHidden = 9, kVocabulary = 4;
  for (const int rows : kDeviceRows)
    for (const bool by_token : {false, true}) {
      const at::Tensor tokens = by_token ? at::randint(kVocabulary, {rows}, at::kLong) : at::Tensor();
      expect_close({normal({rows, 4 * kHidden}), normal({by_token ? kVocabulary : rows, 4 * kHidden}), tokens,
                    normal({rows, kHidden}), normal({rows, kHidden}), normal({rows, kHidden})},
                   [](const Tensors& in) {
                     const LstmCells cells = advance_lstm_cells(in[0], in[1], in[2], in[3]);
                     const LstmCellGradients back =
                         lstm_cells_backward(in[4], in[5], cells.gates, cells.squashed, in[3]);
                     return Tensors{cells.hidden,   cells.cell, cells.gates,
                                    cells.squashed, back.gates, back.cell_before};
                   });
    }
}

TEST_P(DeviceForms, OfLossesOverLogits) {
  using Shape = LogitCurve::Shape;
  for (const int rows : kDeviceRows)
    for (const Shape shape : {Shape::none, Shape::real, Shape::fake, Shape::margin, Shape::square})
      for (const bool weighted : {false, true}) {
        const LogitCurve curve{.shape = shape, .parameter = -1, .sign = -1, .line = 0.3};
        expect_close(
            {normal({rows, 1}) * 20, weighted ? at::rand({rows, 1}, GetParam()) : at::Tensor()},
            [&](const Tensors& in) {
              const LossAndSlope loss = sum_over_logits(in[0], curve, 0.1, in[1]);
              return Tensors{loss.sum, loss.slope};
            },
            rows + 1);
      }
}

TEST_P(DeviceForms, OfUpdates) {
  for (const int size : {0, 1, 33, 100'003})
    for (const bool finite : {true, false}) {
      const at::Tensor start = normal({size}), gradient = normal({size});
      if (!finite && size > 0) gradient[size - 1] = std::nan("");
      const Tensors inputs{start,
                           gradient,
                           start * 0.5,
                           start.square(),
                           start.clone(),
                           start.square(),
                           start.clone(),
                           start * 0.5,
                           at::zeros({1}, at::kInt),
                           start.clone(),
                           at::full({1}, 2, at::kFloat),      // updates so far
                           at::zeros({2}, at::kDouble),       // what an update's parameters share
                           at::full({1}, 0.5, at::kDouble)};  // of the rate
      const AdamNumbers numbers{.rate = 1e-2, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8};
      expect_close(inputs, [&](const Tensors& in) {
        begin_adam_(in[10], in[11], numbers, in[12]);
        adam_(in[0], in[1], in[2], in[3], numbers, in[11], in[8]);
        rmsprop_(in[4], in[1], in[5], 1e-2, in[12], 0.99, 1e-8, in[8]);
        momentum_(in[6], in[1], in[7], 1e-2, in[12], 0.9, in[8]);
        descend_(in[9], in[1], 1e-2, in[12], in[8]);
        Tensors out;
        for (const at::Tensor& tensor : in)  // what is not a number is not equal to itself
          out.push_back(tensor.to(at::kDouble).nan_to_num(/*nan=*/7));
        return out;
      });
    }
}

TEST_P(DeviceForms, OfSumsOfSquares) {
  constexpr std::int64_t kBlock = 64;
  for (const std::int64_t size : {1, 63, 64, 200, 100'003})
    expect_close(
        {normal({size})},
        [](const Tensors& in) {
          const at::Tensor sums =
              at::zeros({(in[0].numel() + kBlock - 1) / kBlock}, in[0].options().dtype(at::kDouble));
          sums_of_squares(in[0], kBlock, sums);
          return Tensors{sums, sum_in_order(sums)};
        },
        static_cast<double>(size));
}

TEST_P(DeviceForms, OfTheTreeSumHaveTheSameBits) {
  for (const int count : {1, 2, 3, 7}) {
    Tensors addends;
    for (int i = 0; i < count; ++i) addends.push_back(normal({100'003}));
    expect_same_bits(addends, [](const Tensors& in) {
      tree_sum_into(in.back(), in);
      return Tensors{in.back()};
    });
  }
}

TEST_P(DeviceForms, OfTokenChoice) {
  const at::Tensor laws = normal({50, 203}) * 3;
  for (const std::int64_t times : {1, 3}) {
    const at::Tensor picks = at::rand({times, 50}, GetParam());
    const auto [found, expected] =
        on_both({laws, picks}, [](const Tensors& in) { return Tensors{pick_tokens(in[0], in[1])}; });
    EXPECT_LE(found[0].ne(expected[0]).sum().item<std::int64_t>(), 1)
        << "numbers at the edge between two tokens";
  }
}

TEST_P(DeviceForms, OfNextDifferent) {
  for (const std::int64_t kinds : {1, 2, 5})
    for (const bool labelled : {false, true})
      expect_same_bits(
          {at::randint(kinds, {23, 2}, at::kLong), labelled ? at::randint(3, {23}, at::kLong) : at::Tensor()},
          [](const Tensors& in) { return Tensors{next_different_rows(in[0], in[1], 4, 19)}; });
}

TEST_P(DeviceForms, OfRandomTensorsHaveTheSameBits) {
  const RandomStream stream(0x123456789ABCDEF0U, {.purpose = Purpose::test, .layer = 3}, 77);
  constexpr std::int64_t kFirst = (std::int64_t{1} << 32) - 9;
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{0, 5}, {1, 1}, {7, 6}, {8, 2, 4001}})
    expect_same_bits({at::empty({0}, GetParam())}, [&](const Tensors& in) {
      at::Tensor mask = at::empty(shape, in[0].options());
      draw_dropout_mask_(mask, stream, kFirst, 0.3);
      return Tensors{standard_normal(stream, kFirst, shape, in[0].device()),
                     standard_uniform(stream, kFirst, shape, in[0].device()), mask};
    });
}

INSTANTIATE_TEST_SUITE_P(Both, DeviceForms, testing::Values(at::kFloat, at::kDouble));

}  // namespace
}  // namespace ganymede
