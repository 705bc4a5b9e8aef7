// Batch normalisation's arithmetic on the rows of one rank: sums over a channel, and a factor and an addend
// for each.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// Inputs are [rows, channels, ...], contiguous, and not empty; what there is of channels is [channels], of
// the input's dtype.

struct ChannelMoments {
  at::Tensor mean, variance;  // biased
};
GANYMEDE_OPERATION(ChannelMoments channel_moments(const at::Tensor& input))

// input x factor + addend, activated: the activation is given by its slope below 0.
struct ChannelScale {
  at::Tensor factor, addend;
  double slope_below_zero;
};
GANYMEDE_OPERATION(at::Tensor scale_channels(const at::Tensor& input, const ChannelScale& scale))

// Over a channel, of what the gradient at the output is before the activation, and of its product with input
// - mean.
struct ChannelSums {
  at::Tensor gradient, product;
};
GANYMEDE_OPERATION(ChannelSums channel_sums(const at::Tensor& gradient, const at::Tensor& input,
                                            const at::Tensor& mean, const ChannelScale& scale))

// The gradient at the input where the factor and the addend depend on it: that before the activation x factor
// - (input x slope + offset).
GANYMEDE_OPERATION(at::Tensor scale_channels_backward(const at::Tensor& gradient, const at::Tensor& input,
                                                      const ChannelScale& scale, const at::Tensor& slope,
                                                      const at::Tensor& offset))

}  // namespace ganymede
