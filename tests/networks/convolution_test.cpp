#include "networks/convolution.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/winograd.hpp"

namespace ganymede {
namespace {

struct Case {
  const char* name;
  std::int64_t in, out, kernel, stride, padding, output_padding, height, width;
  bool bias;
};

std::ostream& operator<<(std::ostream& stream, const Case& one) {
  return stream << one.name;
}

torch::nn::Conv2d make_convolution(const Case& c) {
  torch::nn::Conv2d layer(
      torch::nn::Conv2dOptions(c.in, c.out, c.kernel).stride(c.stride).padding(c.padding).bias(c.bias));
  layer->to(at::kDouble);
  return layer;
}

torch::nn::ConvTranspose2d make_transposed(const Case& c) {
  torch::nn::ConvTranspose2d layer(torch::nn::ConvTranspose2dOptions(c.in, c.out, c.kernel)
                                       .stride(c.stride)
                                       .padding(c.padding)
                                       .output_padding(c.output_padding)
                                       .bias(c.bias));
  layer->to(at::kDouble);
  return layer;
}

// Outputs, gradients, and gradients of a function of the gradient, as a penalty has them.
template <typename Forward>
std::vector<at::Tensor> derivatives(Forward forward, const at::Tensor& input,
                                    const std::vector<at::Tensor>& parameters) {
  const at::Tensor x = input.detach().requires_grad_();
  std::vector<at::Tensor> leaves{x};
  leaves.insert(leaves.end(), parameters.begin(), parameters.end());
  std::vector<at::Tensor> results{forward(x)};
  const at::Tensor loss = results[0].sin().sum();
  for (const at::Tensor& gradient : torch::autograd::grad({loss}, leaves, {}, /*retain_graph=*/true))
    results.push_back(gradient);
  const at::Tensor slope =
      torch::autograd::grad({forward(x).tanh().sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  for (const at::Tensor& gradient : torch::autograd::grad({slope.square().sum()}, {x, parameters[0]}))
    results.push_back(gradient);
  return results;
}

void expect_close(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected,
                  double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sizes(), expected[i].sizes());
    const double largest = expected[i].abs().max().item<double>(),
                 error = (found[i].to(at::kDouble) - expected[i]).abs().max().item<double>();
    EXPECT_LT(error, tolerance * largest) << i << " in " << found[i].dtype();
  }
}

// Of layer->forward() in float64, for any of both kinds of layers.
template <typename Layer, typename Ours>
void expect_like_torchs(Layer layer, const at::Tensor& input, Ours ours) {
  const auto of_ours = [&](const at::Tensor& x) { return ours(layer, x); };
  const auto torchs =
      derivatives([&](const at::Tensor& x) { return layer->forward(x); }, input, layer->parameters());
  expect_close(derivatives(of_ours, input, layer->parameters()), torchs, 1e-10);
  layer->to(at::kFloat);
  expect_close(derivatives(of_ours, input.to(at::kFloat), layer->parameters()), torchs, 1e-5);
}

template <typename Layer, typename Ours>
void expect_like_torchs(Layer layer, const Case& c, Ours ours) {
  expect_like_torchs(layer, at::randn({3, c.in, c.height, c.width}, at::kDouble), ours);
}

class TransposedConvolution : public testing::TestWithParam<Case> {};

TEST_P(TransposedConvolution, EqualsTorchs) {
  expect_like_torchs(make_transposed(GetParam()), GetParam(), transposed_convolution);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TransposedConvolution,
                         testing::Values(Case{"winograd", 32, 16, 5, 1, 2, 0, 7, 7, false},
                                         Case{"winograd, whole tiles", 16, 48, 5, 1, 2, 0, 8, 4, false},
                                         Case{"winograd, uneven", 16, 16, 5, 1, 2, 0, 3, 10, false},
                                         Case{"winograd, in pieces", 80, 32, 5, 1, 2, 0, 16, 15, false},
                                         Case{"few channels", 16, 1, 5, 2, 2, 1, 6, 7, false},
                                         Case{"few channels, bias", 16, 3, 4, 2, 1, 0, 4, 4, true},
                                         Case{"few channels, many lines", 16, 2, 3, 3, 0, 2, 40, 17, false},
                                         Case{"neither", 16, 8, 5, 2, 2, 1, 7, 7, false},
                                         Case{"odd channels", 15, 17, 5, 1, 2, 0, 7, 7, false}));

class Convolution : public testing::TestWithParam<Case> {};

TEST_P(Convolution, EqualsTorchs) {
  expect_like_torchs(make_convolution(GetParam()), GetParam(), convolution);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Convolution,
                         testing::Values(Case{"few channels", 1, 16, 5, 2, 2, 0, 28, 28, true},
                                         Case{"few channels, uneven", 3, 8, 4, 2, 1, 0, 9, 12, true},
                                         Case{"few channels, many lines", 2, 8, 4, 2, 1, 0, 40, 71, true},
                                         Case{"to one channel", 16, 1, 7, 1, 0, 0, 11, 14, true},
                                         Case{"to two channels", 5, 2, 4, 1, 1, 0, 7, 7, false},
                                         Case{"to three channels", 16, 3, 7, 1, 3, 0, 9, 33, false},
                                         Case{"to four channels", 2, 4, 1, 1, 0, 0, 2, 3, true},
                                         Case{"from one channel", 1, 16, 7, 1, 0, 0, 12, 9, false},
                                         Case{"from three channels", 3, 8, 3, 1, 1, 0, 8, 8, true},
                                         Case{"without bias", 3, 8, 4, 2, 1, 0, 8, 8, false},
                                         Case{"many channels", 16, 8, 5, 2, 2, 0, 14, 14, true}));

// All that torch has options for, down other than across.
TEST(Convolution, FromFewChannelsGoesByAnyWindow) {
  torch::nn::Conv2d layer(
      torch::nn::Conv2dOptions(2, 5, {3, 2}).stride({1, 3}).padding({0, 2}).dilation({2, 1}));
  layer->to(at::kDouble);
  expect_like_torchs(layer, at::randn({2, 2, 9, 11}, at::kDouble), convolution);
  torch::nn::ConvTranspose2d turned(torch::nn::ConvTranspose2dOptions(5, 2, {3, 2})
                                        .stride({3, 2})
                                        .padding({1, 0})
                                        .output_padding({2, 1})
                                        .dilation({1, 2}));
  turned->to(at::kDouble);
  expect_like_torchs(turned, at::randn({2, 5, 4, 6}, at::kDouble), transposed_convolution);
}

// Sums of gradients are made of as many parts, whoever computes them.
TEST(Convolution, FromFewChannelsDoesNotDependOnThreads) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "the library has no kernel for blocks here";
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(1, 16, 5).stride(2).padding(2));
  const at::Tensor images = at::randn({70, 1, 12, 12});
  const auto gradient = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const at::Tensor found =
        torch::autograd::grad({convolution(layer, images).sin().sum()}, {layer->weight})[0];
    at::set_num_threads(before);
    return found;
  };
  EXPECT_TRUE(gradient(1).equal(gradient(3)));
}

// The bound that winograd.hpp states, for the shape of the DCGAN's largest layer.
TEST(Winograd, IsPreciseEnoughInSinglePrecision) {
  torch::nn::ConvTranspose2d single(torch::nn::ConvTranspose2dOptions(256, 128, 5).padding(2).bias(false));
  const at::NoGradGuard no_grad;
  const at::Tensor input = at::randn({4, 256, 7, 7});
  const at::Tensor fast = transposed_convolution(single, input);
  const at::Tensor exact =
      at::conv_transpose2d(input.to(at::kDouble), single->weight.to(at::kDouble), {}, {1, 1}, {2, 2});
  const double error = ((fast.to(at::kDouble) - exact).square().mean().sqrt() / exact.std()).item<double>();
  EXPECT_LT(error, 6e-6);
  EXPECT_GT(error, 1e-6);  // else it is not Winograd's method that is measured
}

// Virtual replicas: what a row gives does not depend on the rows beside it, to the last bit.
TEST(Winograd, TransformsRowsAlike) {
  const at::Tensor images = at::randn({4, 16, 7, 7});
  const at::Tensor all = winograd::inputs(images),
                   half = winograd::inputs(images.narrow(0, 2, 2).contiguous());
  EXPECT_TRUE(at::equal(all.narrow(1, 8, 8), half));
}

// However many channels fit near the processor at once: all, some, and the fewest.
TEST(Winograd, TransformsChannelsAlike) {
  constexpr std::int64_t kChannels = 80;
  for (const std::int64_t side : {3, 15, 23}) {
    const at::Tensor images = at::randn({2, kChannels, side, side + 1});
    const at::Tensor tiles = winograd::inputs(images), of_outputs = winograd::outputs(tiles, side, side + 1);
    for (std::int64_t first = 0; first < kChannels; first += winograd::kLanes) {
      const at::Tensor some = winograd::inputs(images.narrow(1, first, winograd::kLanes).contiguous());
      EXPECT_TRUE(at::equal(tiles.narrow(2, first, winograd::kLanes), some)) << side << ", " << first;
      EXPECT_TRUE(
          at::equal(of_outputs.narrow(1, first, winograd::kLanes), winograd::outputs(some, side, side + 1)))
          << side << ", " << first;
    }
  }
}

}  // namespace
}  // namespace ganymede
