#include "kernels/channel_normalization.hpp"

namespace ganymede {

ChannelMoments channel_moments(const at::Tensor& input) {
  return GANYMEDE_IN_FORM(form_of("channel_moments", input), channel_moments, input);
}

at::Tensor scale_channels(const at::Tensor& input, const ChannelScale& scale) {
  const Form form = form_of("scale_channels", input, scale.factor, scale.addend);
  return GANYMEDE_IN_FORM(form, scale_channels, input, scale);
}

ChannelSums channel_sums(const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& mean,
                         const ChannelScale& scale) {
  const Form form = form_of("channel_sums", gradient, input, mean, scale.factor, scale.addend);
  return GANYMEDE_IN_FORM(form, channel_sums, gradient, input, mean, scale);
}

at::Tensor scale_channels_backward(const at::Tensor& gradient, const at::Tensor& input,
                                   const ChannelScale& scale, const at::Tensor& slope,
                                   const at::Tensor& offset) {
  const Form form =
      form_of("scale_channels_backward", gradient, input, scale.factor, scale.addend, slope, offset);
  return GANYMEDE_IN_FORM(form, scale_channels_backward, gradient, input, scale, slope, offset);
}

}  // namespace ganymede
