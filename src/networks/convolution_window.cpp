#include "networks/convolution_window.hpp"

namespace ganymede {

using patches::Window;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Window window_of(const ConvolutionOptions& options) {
  return {.kernel = *options.kernel_size(),
          .stride = *options.stride(),
          .padding = *std::get<torch::ExpandingArray<2>>(options.padding()),
          .dilation = *options.dilation()};
}

void save(AutogradContext& context, const Window& window) {
  context.saved_data["window"] =
      std::vector<std::int64_t>{window.kernel[0],  window.kernel[1],  window.stride[0],   window.stride[1],
                                window.padding[0], window.padding[1], window.dilation[0], window.dilation[1]};
}

Window saved_window(AutogradContext& context) {
  const std::vector<std::int64_t> numbers = context.saved_data["window"].toIntVector();
  return {.kernel = {numbers[0], numbers[1]},
          .stride = {numbers[2], numbers[3]},
          .padding = {numbers[4], numbers[5]},
          .dilation = {numbers[6], numbers[7]}};
}

Sides feature_sides(const Window& window, const at::Tensor& images) {
  Sides sides;
  for (int i = 0; i < 2; ++i)
    sides[i] = (images.size(2 + i) + 2 * window.padding[i] - window.reach(i)) / window.stride[i] + 1;
  return sides;
}

Sides least_image_sides(const Window& window, const at::Tensor& features) {
  Sides sides;
  for (int i = 0; i < 2; ++i) sides[i] = window.seen(i, features.size(2 + i)) - 2 * window.padding[i];
  return sides;
}

variable_list library_gradients(const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight,
                                const Window& window, bool transposed, std::array<bool, 3> asked) {
  Sides output_padding{0, 0};
  if (transposed) {
    const Sides least = least_image_sides(window, input);
    for (int i = 0; i < 2; ++i) output_padding[i] = gradient.size(2 + i) - least[i];
  }
  const at::OptionalIntArrayRef bias_sizes =
      asked[2] ? at::OptionalIntArrayRef(gradient.sizes().slice(1, 1)) : at::OptionalIntArrayRef();
  const auto [at_input, at_weight, at_bias] =
      at::convolution_backward(gradient, input, weight, bias_sizes, window.stride, window.padding,
                               window.dilation, transposed, output_padding, /*groups=*/1, asked);
  return {at_input, at_weight, at_bias};
}

}  // namespace ganymede
