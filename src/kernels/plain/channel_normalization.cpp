#include "kernels/channel_normalization.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {
namespace {

std::vector<std::int64_t> all_but_channels(const at::Tensor& input) {
  std::vector<std::int64_t> dimensions{0};
  for (std::int64_t i = 2; i < input.dim(); ++i) dimensions.push_back(i);
  return dimensions;
}

// Shape that broadcasts [channels] against the input.
at::Tensor broadcastable(const at::Tensor& of_channels, const at::Tensor& input) {
  std::vector<std::int64_t> shape(input.dim(), 1);
  shape[1] = -1;
  return of_channels.view(shape);
}

at::Tensor scaled(const at::Tensor& input, const at::Tensor& factor, const at::Tensor& addend) {
  return (input * broadcastable(factor, input)).add_(broadcastable(addend, input));
}

at::Tensor before_activation(const at::Tensor& gradient, const at::Tensor& input, const ChannelScale& scale) {
  if (scale.slope_below_zero == 1) return gradient;
  return at::leaky_relu_backward(gradient, scaled(input, scale.factor, scale.addend), scale.slope_below_zero,
                                 /*self_is_result=*/false);
}

}  // namespace

ChannelMoments channel_moments(const at::Tensor& input) {
  const at::NoGradGuard no_grad;
  const auto [variance, mean] = at::var_mean(input, all_but_channels(input), /*correction=*/0);
  return {.mean = mean, .variance = variance};
}

at::Tensor scale_channels(const at::Tensor& input, const ChannelScale& scale) {
  const at::NoGradGuard no_grad;
  const at::Tensor output = scaled(input, scale.factor, scale.addend);
  return scale.slope_below_zero == 1 ? output : at::leaky_relu(output, scale.slope_below_zero);
}

ChannelSums channel_sums(const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& mean,
                         const ChannelScale& scale) {
  const at::NoGradGuard no_grad;
  const at::Tensor before = before_activation(gradient, input, scale);
  const auto dimensions = all_but_channels(input);
  return {.gradient = before.sum(dimensions),
          .product = (before * (input - broadcastable(mean, input))).sum(dimensions)};
}

at::Tensor scale_channels_backward(const at::Tensor& gradient, const at::Tensor& input,
                                   const ChannelScale& scale, const at::Tensor& slope,
                                   const at::Tensor& offset) {
  const at::NoGradGuard no_grad;
  return (before_activation(gradient, input, scale) * broadcastable(scale.factor, input))
      .sub_(scaled(input, slope, offset));
}

}  // namespace ganymede::plain
