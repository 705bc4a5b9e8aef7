#include "networks/rounded_convolution.hpp"

#include "kernels/conversion.hpp"
#include "kernels/cpu/bfloat16_patches.hpp"
#include "kernels/cpu/bfloat16_product.hpp"

namespace ganymede {
namespace {

using patches::Window;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor laid_out(const at::Tensor& numbers, at::ScalarType dtype, at::MemoryFormat format) {
  at::Tensor copy = at::empty(numbers.sizes(), numbers.options().dtype(dtype).memory_format(format));
  convert_into(copy, numbers);
  return copy;
}

// As products take them: the library need not turn them first.
at::Tensor rounded(const at::Tensor& numbers) {
  return laid_out(numbers, at::kBFloat16, at::MemoryFormat::ChannelsLast);
}

at::Tensor widened(const at::Tensor& numbers) {
  return laid_out(numbers, at::kFloat, at::MemoryFormat::Contiguous);
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
    const at::Tensor factor = rounded(input), rounded_weight = rounded(weight);
    context->save_for_backward({input, weight, factor, rounded_weight});
    context->saved_data["transposed"] = transposed;
    save(*context, window);
    return widened(at::convolution(factor, rounded_weight, {}, window.stride, window.padding, window.dilation,
                                   transposed, output_padding, /*groups=*/1));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Window window = saved_window(*context);
    const bool transposed = context->saved_data["transposed"].toBool();
    const std::array<bool, 3> asked{context->needs_input_grad(0), context->needs_input_grad(1), false};
    variable_list result = at::GradMode::is_enabled()
                               ? gradients_again(gradients[0], saved[0], saved[1], window, transposed, asked)
                               : gradients_once(gradients[0], saved[2], saved[3], window, transposed, asked);
    result.resize(5);  // none of what is no tensor
    return result;
  }

 private:
  static variable_list gradients_once(const at::Tensor& of_output, const at::Tensor& input,
                                      const at::Tensor& weight, const Window& window, bool transposed,
                                      std::array<bool, 3> asked) {
    const at::Tensor gradient = rounded(of_output);
    const bool by_patches = asked[1] && suits_patches(window, weight);
    variable_list result = library_gradients(gradient, input, weight, window, transposed,
                                             {asked[0], asked[1] && !by_patches, false});
    for (at::Tensor& found : result)
      if (found.defined()) found = widened(found);
    if (by_patches)
      result[1] = transposed ? bfloat16_patches::weight_gradient(gradient, input, window)
                             : bfloat16_patches::weight_gradient(input, gradient, window);
    return result;
  }

  // In operations that autograd differentiates, too.
  static variable_list gradients_again(const at::Tensor& of_output, const at::Tensor& input,
                                       const at::Tensor& weight, const Window& window, bool transposed,
                                       std::array<bool, 3> asked) {
    const auto half = [](const at::Tensor& numbers) { return converted(numbers, at::kBFloat16); };
    variable_list result =
        library_gradients(half(of_output), half(input), half(weight), window, transposed, asked);
    for (at::Tensor& found : result)
      if (found.defined()) found = converted(found, at::kFloat);
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
