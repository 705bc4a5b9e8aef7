#include "networks/patch_convolution.hpp"

#include <torch/csrc/autograd/custom_function.h>

namespace ganymede {
namespace {

using patches::Window;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct PatchConvolution : torch::autograd::Function<PatchConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const Window& window) {
    context->save_for_backward({images, weight, bias.value_or(at::Tensor())});
    save(*context, window);
    return patches::features_of(images.contiguous(), weight, bias.value_or(at::Tensor()), window,
                                feature_sides(window, images));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &images = saved[0], &weight = saved[1], &bias = saved[2];
    const Window window = saved_window(*context);
    const bool at_images = context->needs_input_grad(0), at_weight = context->needs_input_grad(1),
               at_bias = bias.defined() && context->needs_input_grad(2);
    if (at::GradMode::is_enabled()) {  // to be differentiated again
      variable_list result = library_gradients(gradients[0], images, weight, window, /*transposed=*/false,
                                               {at_images, at_weight, at_bias});
      result.emplace_back();  // the window's
      return result;
    }
    const at::Tensor gradient = gradients[0].contiguous();
    variable_list result(4);
    if (at_images) result[0] = patches::images_of(gradient, weight, window, images.sizes().slice(2));
    if (at_weight || at_bias) {
      const auto both = patches::weight_gradient(images.contiguous(), gradient, window);
      result[1] = both.weight;
      if (at_bias) result[2] = both.bias;
    }
    return result;
  }
};

struct TransposedPatchConvolution : torch::autograd::Function<TransposedPatchConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& features, const at::Tensor& weight,
                            const Window& window, const Sides& image_sides) {
    context->save_for_backward({features, weight});
    save(*context, window);
    return patches::images_of(features.contiguous(), weight, window, image_sides);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &features = saved[0], &weight = saved[1];
    const Window window = saved_window(*context);
    const bool at_features = context->needs_input_grad(0), at_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled()) {  // to be differentiated again
      variable_list result = library_gradients(gradients[0], features, weight, window, /*transposed=*/true,
                                               {at_features, at_weight, false});
      result.emplace_back();  // of window and sides
      return result;
    }
    const at::Tensor gradient = gradients[0].contiguous();
    variable_list result(4);
    if (at_features)
      result[0] = patches::features_of(gradient, weight, {}, window, features.sizes().slice(2));
    if (at_weight) result[1] = patches::weight_gradient(gradient, features.contiguous(), window).weight;
    return result;
  }
};

}  // namespace

at::Tensor patch_convolution(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                             const ConvolutionOptions& options) {
  return PatchConvolution::apply(images, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                                 window_of(options));
}

at::Tensor transposed_patch_convolution(const at::Tensor& features, const at::Tensor& weight,
                                        const ConvolutionOptions& options) {
  const Window window = window_of(options);
  Sides sides = least_image_sides(window, features);
  for (int i = 0; i < 2; ++i) sides[i] += (*options.output_padding())[i];
  return TransposedPatchConvolution::apply(features, weight, window, sides);
}

}  // namespace ganymede
