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
    save(*context, window);
    return converted(at::convolution(factor, rounded_weight, {}, window.stride, window.padding,
                                     window.dilation, transposed, output_padding, /*groups=*/1),
                     at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Window window = saved_window(*context);
    const bool transposed = context->saved_data["transposed"].toBool();
    const bool at_input = context->needs_input_grad(0), at_weight = context->needs_input_grad(1);
    const at::Tensor gradient = rounded(gradients[0]);
    const bool again = at::GradMode::is_enabled();
    const at::Tensor input = again ? rounded(saved[0]) : saved[2],
                     weight = again ? rounded(saved[1]) : saved[3];
    const bool by_patches = !again && at_weight && suits_patches(window, weight);
    variable_list result = library_gradients(gradient, input, weight, window, transposed,
                                             {at_input, at_weight && !by_patches, false});
    if (by_patches) {
      const at::Tensor features = gradient.contiguous();
      result[1] = transposed ? bfloat16_patches::weight_gradient(features, input, window)
                             : bfloat16_patches::weight_gradient(input, features, window);
    }
    for (at::Tensor& found : result)
      if (found.defined()) found = converted(found, at::kFloat);
    result.resize(5);  // none of what is no tensor
    return result;
  }
};

}  // namespace

at::Tensor rounded_convolution(const at::Tensor& input, const at::Tensor& weight,
                               const ConvolutionOptions& options) {
  return RoundedConvolution::apply(input, weight, window_of(options), options.transposed(),
                                   Sides(*options.output_padding()));
}

}  // namespace ganymede
