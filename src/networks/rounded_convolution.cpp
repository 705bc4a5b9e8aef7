#include "networks/rounded_convolution.hpp"

#include "kernels/conversion.hpp"
#include "kernels/cpu/bfloat16_patches.hpp"
#include "kernels/cpu/bfloat16_product.hpp"

namespace ganymede {
namespace {

using patches::Window;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor rounded(const at::Tensor& numbers) {
  return converted(numbers, at::kBFloat16);
}

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const Window& window, bool transposed,
                    const Sides& output_padding) {
  return at::convolution(input, weight, {}, window.stride, window.padding, window.dilation, transposed,
                         output_padding, /*groups=*/1);
}

// Rounded gradients at input and weight, by ATen, which differentiates them again.
std::array<at::Tensor, 2> gradients_of(const at::Tensor& gradient, const at::Tensor& input,
                                       const at::Tensor& weight, const Window& window, bool transposed,
                                       const Sides& output_padding, bool at_input, bool at_weight) {
  const auto [input_gradient, weight_gradient, none] = at::convolution_backward(
      gradient, input, weight, at::OptionalIntArrayRef(), window.stride, window.padding, window.dilation,
      transposed, output_padding, /*groups=*/1, {at_input, at_weight, false});
  return {input_gradient, weight_gradient};
}

// Where our way to the gradient at the weight is the faster one.
bool suits_patches(const Window& window, const at::Tensor& weight) {
  constexpr std::int64_t kFewest = 64;
  return cpu::multiplies_bfloat16_blocks() && window.dilation == Sides{1, 1} && window.stride[1] > 1 &&
         weight.size(0) >= kFewest && weight.size(1) >= kFewest;
}

struct RoundedConvolution : torch::autograd::Function<RoundedConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const Window& window, bool transposed, const Sides& output_padding) {
    const at::Tensor factor = rounded(input).contiguous(), rounded_weight = rounded(weight);
    context->save_for_backward({input, weight, factor, rounded_weight});
    context->saved_data["transposed"] = transposed;
    context->saved_data["output_padding"] =
        std::vector<std::int64_t>(output_padding.begin(), output_padding.end());
    save(*context, window);
    return converted(convolve(factor, rounded_weight, window, transposed, output_padding), at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Window window = saved_window(*context);
    const bool transposed = context->saved_data["transposed"].toBool();
    const std::vector<std::int64_t> padding = context->saved_data["output_padding"].toIntVector();
    const Sides output_padding{padding[0], padding[1]};
    const bool at_input = context->needs_input_grad(0), at_weight = context->needs_input_grad(1);
    const at::Tensor gradient = rounded(gradients[0]);
    const bool again = at::GradMode::is_enabled();
    const at::Tensor input = again ? rounded(saved[0]) : saved[2],
                     weight = again ? rounded(saved[1]) : saved[3];
    const bool by_patches = !again && at_weight && suits_patches(window, weight);
    auto [input_gradient, weight_gradient] = gradients_of(gradient, input, weight, window, transposed,
                                                          output_padding, at_input, at_weight && !by_patches);
    if (by_patches) {
      const at::Tensor features = gradient.contiguous();
      weight_gradient = transposed ? bfloat16_patches::weight_gradient(features, input, window)
                                   : bfloat16_patches::weight_gradient(input, features, window);
    }
    return {widened(input_gradient), widened(weight_gradient), {}, {}, {}};
  }

 private:
  static at::Tensor widened(const at::Tensor& gradient) {
    return gradient.defined() ? converted(gradient, at::kFloat) : gradient;
  }
};

}  // namespace

at::Tensor rounded_convolution(const at::Tensor& input, const at::Tensor& weight,
                               const ConvolutionOptions& options) {
  return RoundedConvolution::apply(input, weight, window_of(options), options.transposed(),
                                   Sides(*options.output_padding()));
}

}  // namespace ganymede
