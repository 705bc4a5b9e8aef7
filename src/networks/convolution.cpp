#include "networks/convolution.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conversion.hpp"
#include "kernels/cpu/narrow_convolution.hpp"
#include "kernels/cpu/winograd.hpp"
#include "kernels/form.hpp"
#include "kernels/mixed_precision.hpp"
#include "networks/patch_convolution.hpp"
#include "networks/rounded_convolution.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Options = ConvolutionOptions;
using Pair = torch::ExpandingArray<2>;

const Pair& padding_of(const Options& options) {
  return std::get<Pair>(options.padding());
}

bool is(const Pair& pair, std::int64_t value) {
  return (*pair)[0] == value && (*pair)[1] == value;
}

// What methods of our own have in common.
bool is_plain(const Options& options, const at::Tensor& input) {
  return options.groups() == 1 && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kDouble);
}

bool goes_over_each_pixel(const Options& options, const at::Tensor& input) {
  return is_plain(options, input) && is(options.stride(), 1) && is(options.dilation(), 1);
}

bool suits_winograd(const Options& options, const at::Tensor& input) {
  return goes_over_each_pixel(options, input) && is(options.kernel_size(), 5) && is(padding_of(options), 2) &&
         !options.bias() && options.in_channels() % winograd::kLanes == 0 &&
         options.out_channels() % winograd::kLanes == 0;
}

// Of a weight that does.
patches::Window window_of(const at::Tensor& weight, std::int64_t padding) {
  return {.kernel = {weight.size(2), weight.size(3)},
          .stride = {1, 1},
          .padding = {padding, padding},
          .dilation = {1, 1}};
}

// A transposed convolution of 5 x 5 at stride 1 and padding 2, without bias.
struct WinogradTransposed : torch::autograd::Function<WinogradTransposed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight) {
    const at::Tensor tiles = winograd::inputs(input.contiguous());
    context->save_for_backward({input, weight, tiles});
    return images_of(
        winograd::multiply(tiles, winograd::kernels(weight.contiguous(), winograd::Weight::transposed)),
        input);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &tiles = saved[2];
    const bool at_input = context->needs_input_grad(0), at_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled()) {  // to be differentiated again
      variable_list result = library_gradients(gradients[0], input, weight, window_of(weight, /*padding=*/2),
                                               /*transposed=*/true, {at_input, at_weight, false});
      result.resize(2);
      return result;
    }
    const at::Tensor gradient = gradients[0].contiguous();
    variable_list result(2);
    if (at_input) {
      const at::Tensor kernels = winograd::kernels(weight.contiguous(), winograd::Weight::convolution);
      result[0] = images_of(winograd::multiply(winograd::inputs(gradient), kernels), input);
    }
    if (at_weight)
      result[1] = winograd::transposed_kernel_gradient(
          winograd::multiply(winograd::output_gradients(gradient).transpose(1, 2), tiles));
    return result;
  }

 private:
  static at::Tensor images_of(const at::Tensor& products, const at::Tensor& input) {
    return winograd::outputs(products, input.size(2), input.size(3));
  }
};

bool is_few(std::int64_t channels) {
  return channels <= narrow::kMostChannels;
}

bool suits_narrow(const Options& options, const at::Tensor& input) {
  const Pair& kernel = options.kernel_size();
  const std::int64_t padding = (*padding_of(options))[0];
  return goes_over_each_pixel(options, input) &&
         (is_few(options.out_channels()) || is_few(options.in_channels())) && is(kernel, (*kernel)[0]) &&
         is(padding_of(options), padding) && padding < (*kernel)[0];
}

// A convolution at stride 1 from or to few channels, without bias.
struct NarrowConvolution : torch::autograd::Function<NarrowConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            std::int64_t padding) {
    context->save_for_backward({input, weight});
    context->saved_data["padding"] = padding;
    return convolve(input, weight, padding);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &gradient = gradients[0];
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const bool at_input = context->needs_input_grad(0), at_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled())  // to be differentiated again
      return library_gradients(gradient, input, weight, window_of(weight, padding), /*transposed=*/false,
                               {at_input, at_weight, false});
    // The other way, through the weight turned by 180 degrees, with channels swapped.
    const std::int64_t reach = weight.size(2) - 1 - padding;
    variable_list result(3);
    if (at_input) result[0] = convolve(gradient, turned(weight), reach);
    if (at_weight && is_few(weight.size(0)))
      result[1] = turned(gradient_at(turned(weight), input, gradient, reach));
    else if (at_weight)
      result[1] = gradient_at(weight, gradient, input, padding);
    return result;
  }

 private:
  static at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, std::int64_t padding) {
    return is_few(weight.size(0)) ? narrow::convolve(input, weight, padding)
                                  : at::conv2d(input, weight, {}, 1, padding);
  }
  static at::Tensor gradient_at(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& input,
                                std::int64_t padding) {
    return library_gradients(gradient, input, weight, window_of(weight, padding), /*transposed=*/false,
                             {false, true, false})[1];
  }
  static at::Tensor turned(const at::Tensor& weight) { return weight.flip({2, 3}).transpose(0, 1); }
};

at::Tensor with_bias(const at::Tensor& output, const at::Tensor& bias) {
  return bias.defined() ? output + bias.view({1, -1, 1, 1}) : output;
}

bool in_bfloat16(const at::Tensor& input) {
  return MixedPrecision::is_on() && input.scalar_type() == at::kFloat;
}

at::Tensor convolve_without_bias(const at::Tensor& images, const at::Tensor& weight, const Options& options) {
  if (!options.transposed())
    return at::conv2d(images, weight, {}, *options.stride(), *padding_of(options), *options.dilation(),
                      options.groups());
  return at::conv_transpose2d(images, weight, {}, *options.stride(), *padding_of(options),
                              *options.output_padding(), options.groups(), *options.dilation());
}

// With channels next to each other in memory, as tensor cores take them; the output and all gradients have
// them so, too.
at::Tensor convolve_on_gpu(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                           const Options& options) {
  const at::ScalarType dtype = in_bfloat16(input) ? at::kBFloat16 : input.scalar_type();
  const auto arranged = [&](const at::Tensor& tensor, bool copy) {
    return tensor.to(dtype, /*non_blocking=*/false, copy, at::MemoryFormat::ChannelsLast);
  };
  // A copy, because memory of one channel does not tell how it is arranged.
  const at::Tensor output =
      convolve_without_bias(arranged(input, false), arranged(weight, /*copy=*/true), options);
  return with_bias(output.to(input.scalar_type()), bias);
}

// As ATen computes it.
template <typename Layer>
at::Tensor convolve(Layer& layer, const at::Tensor& input) {
  if (input.is_cuda()) return convolve_on_gpu(input, layer->weight, layer->bias, layer->options);
  if (!in_bfloat16(input)) return layer->forward(input);
  const at::Tensor output = convolve_without_bias(operand(input), operand(layer->weight), layer->options);
  return with_bias(converted(output, at::kFloat), layer->bias);
}

template <typename Layer>
at::Tensor convolve_on_cpu(Layer& layer, const at::Tensor& input) {
  if (!in_bfloat16(input) || !is_plain(layer->options, input)) return convolve(layer, input);
  return with_bias(rounded_convolution(input, layer->weight, layer->options), layer->bias);
}

}  // namespace

at::Tensor convolution(torch::nn::Conv2d layer, const at::Tensor& input) {
  const Options& options = layer->options;
  if (form_of("convolution", input, layer->weight, layer->bias) != Form::cpu) return convolve(layer, input);
  if (suits_narrow(options, input))
    return with_bias(NarrowConvolution::apply(input, layer->weight, (*padding_of(options))[0]), layer->bias);
  if (is_few(options.in_channels()) && is_plain(options, input))
    return patch_convolution(input, layer->weight, layer->bias, options);
  return convolve_on_cpu(layer, input);
}

// In mixed precision, too, Winograd's method computes in float32: faster than all the products in bfloat16,
// while its own would be 20 times less exact there.
at::Tensor transposed_convolution(torch::nn::ConvTranspose2d layer, const at::Tensor& input) {
  const Options& options = layer->options;
  if (form_of("transposed_convolution", input, layer->weight, layer->bias) != Form::cpu)
    return convolve(layer, input);
  if (suits_winograd(options, input)) return WinogradTransposed::apply(input, layer->weight);
  if (is_few(options.out_channels()) && is_plain(options, input))
    return with_bias(transposed_patch_convolution(input, layer->weight, options), layer->bias);
  return convolve_on_cpu(layer, input);
}

}  // namespace ganymede
