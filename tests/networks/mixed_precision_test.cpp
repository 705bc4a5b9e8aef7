// In mixed precision a product has the value of its factors rounded to bfloat16, rounded once more; what is
// summed and kept is float32.
#include "kernels/mixed_precision.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/bfloat16_product.hpp"
#include "networks/convolution.hpp"
#include "networks/linear.hpp"
#include "networks/lstm.hpp"
#include "optimization/gradient_accumulator.hpp"

namespace ganymede {
namespace {

constexpr double kRounding = 1.0 / 256;  // of a number of 8 binary digits

at::Tensor rounded(const at::Tensor& numbers) {
  return numbers.detach().to(at::kBFloat16).to(at::kDouble);
}

// Within one rounding of the largest, and not exact.
void expect_rounded(const at::Tensor& found, const at::Tensor& exact, double roundings = 1) {
  ASSERT_EQ(found.sizes(), exact.sizes());
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  const double largest = exact.abs().max().item<double>(),
               error = (found.detach().to(at::kDouble) - exact).abs().max().item<double>();
  EXPECT_LT(error, roundings * kRounding * largest);
  EXPECT_GT(error, 1e-6 * largest);
}

// Of products of rounded numbers, not rounded itself where the processor has such products.
void expect_sum_of_rounded(const at::Tensor& found, const at::Tensor& exact) {
  if (!cpu::multiplies_bfloat16_blocks()) return expect_rounded(found, exact);
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(found.to(at::kDouble), exact, 0, 1e-6 * exact.abs().max().item<double>()));
}

at::Tensor small_whole_numbers(at::IntArrayRef sizes) {
  return at::randint(-8, 9, sizes).to(at::kFloat);
}

TEST(MixedPrecision, LinearLayersMultiplyRoundedNumbers) {
  for (const bool accumulated : {false, true}) {
    torch::nn::Linear layer(200, 48);
    std::shared_ptr<GradientAccumulator> sum;
    if (accumulated) sum = GradientAccumulator::attach(layer->weight, at::zeros_like(layer->weight));
    const at::Tensor input = at::randn({32, 200}).requires_grad_(), slope = at::randn({32, 48});
    at::Tensor output;
    {
      const MixedPrecision mixed(true);
      output = linear(layer, input);
      output.backward(slope);
    }
    const at::Tensor x = rounded(input), w = rounded(layer->weight), g = rounded(slope);
    expect_rounded(output, x.mm(w.t()) + layer->bias.detach().to(at::kDouble));
    expect_rounded(input.grad(), g.mm(w));
    if (!accumulated) expect_rounded(layer->weight.grad(), g.t().mm(x));
    if (accumulated) expect_sum_of_rounded(sum->sum(), g.t().mm(x));
    EXPECT_TRUE(at::allclose(layer->bias.grad(), slope.sum(0), 1e-5, 1e-5)) << "sums are float32";
  }
}

// Gradients at the weight are sums of float32, whether by our patches (strides, 64 channels) or the
// library's, and a function of gradients has its own.
TEST(MixedPrecision, ConvolutionsHaveGradients) {
  struct Sizes {
    std::int64_t in, out, kernel, stride, height, width;
  };
  for (const Sizes& s : {Sizes{64, 96, 5, 2, 7, 10}, Sizes{96, 64, 4, 3, 11, 8}, Sizes{32, 64, 3, 2, 9, 9},
                         Sizes{64, 64, 3, 1, 6, 6}}) {
    torch::nn::Conv2d down(torch::nn::Conv2dOptions(s.in, s.out, s.kernel).stride(s.stride).padding(1));
    torch::nn::ConvTranspose2d up(
        torch::nn::ConvTranspose2dOptions(s.in, s.out, s.kernel).stride(s.stride).padding(1));
    const at::Tensor input = at::randn({5, s.in, s.height, s.width}).requires_grad_();
    const auto gradients = [&](auto layer, auto forward, const at::Tensor& x, bool penalised) {
      const at::Tensor output = forward(layer, x);
      const at::Tensor slope = at::linspace(-1, 1, output.numel(), output.options()).view_as(output);
      const auto found = torch::autograd::grad({output}, {x, layer->weight}, {slope}, penalised, penalised);
      return penalised ? torch::autograd::grad({found[0].sin().sum()}, {layer->weight}) : found;
    };
    const auto torchs = [](auto layer, const at::Tensor& x) { return layer->forward(x); };
    const auto expect = [&](auto layer, auto forward) {
      for (const bool penalised : {false, true}) {
        std::vector<at::Tensor> found;
        {
          const MixedPrecision mixed(true);
          found = gradients(layer, forward, input, penalised);
        }
        const auto exact = gradients(layer, torchs, input, penalised);
        for (std::size_t i = 0; i < found.size(); ++i) expect_rounded(found[i], exact[i].to(at::kDouble), 4);
      }
    };
    expect(down, convolution);
    expect(up, transposed_convolution);
  }
}

// Factors that bfloat16 holds and sums that float32 holds: exact, where a rounded sum would not be.
TEST(MixedPrecision, AStridedConvolutionSumsItsWeightsGradientInSinglePrecision) {
  if (!cpu::multiplies_bfloat16_blocks())
    GTEST_SKIP() << "this processor's library gives the gradient in bfloat16";
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(64, 64, 5).stride(2).padding(2));
  const at::Tensor input = small_whole_numbers({9, 64, 7, 7}), slope = small_whole_numbers({9, 64, 4, 4});
  const auto gradient = [&] {
    return torch::autograd::grad({convolution(layer, input)}, {layer->weight}, {slope})[0];
  };
  const at::Tensor exact = gradient();
  const MixedPrecision mixed(true);
  EXPECT_TRUE(gradient().equal(exact));
}

// So is a linear layer's, with an odd number of rows or with more than a block, and what was there before.
TEST(MixedPrecision, ALinearLayerSumsItsWeightsGradientInSinglePrecision) {
  if (!cpu::multiplies_bfloat16_blocks())
    GTEST_SKIP() << "this processor's library gives the gradient in bfloat16";
  for (const std::int64_t rows : {1, 33, 256, 601}) {
    torch::nn::Linear layer(40, 150);
    const auto sum = GradientAccumulator::attach(layer->weight, at::zeros_like(layer->weight));
    at::Tensor exact = at::zeros_like(layer->weight);
    const MixedPrecision mixed(true);
    for (int pass = 0; pass < 2; ++pass) {
      const at::Tensor input = small_whole_numbers({rows, 40}), slope = small_whole_numbers({rows, 150});
      linear(layer, input).backward(slope);
      exact += slope.t().mm(input);
    }
    EXPECT_TRUE(sum->sum().equal(exact)) << rows;
  }
}

struct Convolutions {
  explicit Convolutions(std::int64_t channels)
      : down(torch::nn::Conv2dOptions(channels, 32, 5).stride(2).padding(2)),
        up(torch::nn::ConvTranspose2dOptions(32, channels, 5)
               .stride(2)
               .padding(2)
               .output_padding(1)
               .bias(false)),
        images(at::randn({4, channels, 8, 8}).requires_grad_()),
        features(at::randn({4, 32, 4, 4}).requires_grad_()) {}

  torch::nn::Conv2d down;
  torch::nn::ConvTranspose2d up;
  at::Tensor images, features;
};

TEST(MixedPrecision, ConvolutionsMultiplyRoundedNumbers) {
  Convolutions c(24);
  const MixedPrecision mixed(true);
  const at::Tensor forward = convolution(c.down, c.images),
                   backward = transposed_convolution(c.up, c.features);
  expect_rounded(forward, at::conv2d(rounded(c.images), rounded(c.down->weight),
                                     c.down->bias.detach().to(at::kDouble), 2, 2));
  // On processors without products of bfloat16 up to 9 rounded numbers add up to a pixel.
  expect_rounded(backward, at::conv_transpose2d(rounded(c.features), rounded(c.up->weight), {}, 2, 2, 1), 3);
}

TEST(MixedPrecision, LeavesConvolutionsOfFewChannelsAlone) {
  Convolutions c(1);
  const at::Tensor down = convolution(c.down, c.images), up = transposed_convolution(c.up, c.features);
  const MixedPrecision mixed(true);
  EXPECT_TRUE(convolution(c.down, c.images).equal(down));
  EXPECT_TRUE(transposed_convolution(c.up, c.features).equal(up));
}

TEST(MixedPrecision, APenaltyDifferentiatesTwice) {
  torch::nn::Linear first(64, 32), second(32, 1);
  const auto gradient_of_penalty = [&](bool on) {
    const MixedPrecision mixed(on);
    const at::Tensor input = at::linspace(-1, 1, 16 * 64).view({16, 64}).requires_grad_();
    const at::Tensor judged = linear(second, linear(first, input).tanh());
    const at::Tensor slope = torch::autograd::grad({judged.sum()}, {input}, {}, true, true)[0];
    return torch::autograd::grad({(slope.norm(2, 1) - 1).square().sum()}, {first->weight})[0];
  };
  expect_rounded(gradient_of_penalty(true), gradient_of_penalty(false).to(at::kDouble), 4);
}

TEST(MixedPrecision, EndsWithItsScope) {
  const at::Tensor numbers = at::randn({20, 20});
  const MixedPrecision mixed(true);
  {
    const MixedPrecision exact(false);
    EXPECT_TRUE(product(numbers, numbers).equal(numbers.mm(numbers)));
  }
  EXPECT_FALSE(product(numbers, numbers).equal(numbers.mm(numbers)));
  const at::Tensor longer = numbers.to(at::kDouble);
  EXPECT_TRUE(product(longer, longer).equal(longer.mm(longer))) << "float64 is meant";
}

TEST(MixedPrecision, LeavesNarrowLayersAlone) {
  torch::nn::Linear layer(300, 1);  // a critic's last
  const at::Tensor input = at::randn({8, 300});
  const at::Tensor exact = linear(layer, input);
  const MixedPrecision mixed(true);
  EXPECT_TRUE(linear(layer, input).equal(exact));
}

}  // namespace
}  // namespace ganymede
