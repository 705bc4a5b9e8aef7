#include "networks/dropout.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "kernels/masked_activation.hpp"
#include "kernels/random_tensor.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor mask_of(const at::Tensor& input, double probability, StreamCode network, std::uint8_t layer,
                   const ForwardContext& context) {
  at::Tensor mask = at::empty(input.sizes(), input.options());
  std::int64_t rows = 0;
  for (const Segment& segment : context.segments) {
    const StreamId stream{.purpose = Purpose::dropout,
                          .network = network,
                          .layer = layer,
                          .pass = segment.pass,
                          .iteration = static_cast<std::uint8_t>(context.iteration)};
    draw_dropout_mask_(mask.narrow(0, rows, segment.rows), TensorStream(context.seed, stream),
                       segment.first_place, probability);
    rows += segment.rows;
  }
  ensure(rows == input.size(0), "the segments of a forward pass cover its rows");
  return mask;
}

bool drops(double probability, const ForwardContext& context) {
  return context.training && probability > 0;
}

struct MaskedActivation : torch::autograd::Function<MaskedActivation> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& mask,
                            double slope) {
    context->save_for_backward({input, mask});
    context->saved_data["slope"] = slope;
    return masked_activation(input, mask, slope);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &mask = saved[1], &gradient = gradients[0];
    const double slope = context->saved_data["slope"].toDouble();
    if (at::GradMode::is_enabled())  // in operations that are differentiated again
      return {plain::masked_activation_backward(gradient, input, mask, slope), {}, {}};
    return {masked_activation_backward(gradient, input, mask, slope), {}, {}};
  }
};

}  // namespace

at::Tensor dropout(const at::Tensor& input, double probability, StreamCode network, std::uint8_t layer,
                   const ForwardContext& context) {
  return drops(probability, context) ? input * mask_of(input, probability, network, layer, context) : input;
}

at::Tensor leaky_relu_dropout(const at::Tensor& input, double slope, double probability, StreamCode network,
                              std::uint8_t layer, const ForwardContext& context) {
  if (!drops(probability, context)) return at::leaky_relu(input, slope);
  return MaskedActivation::apply(input, mask_of(input, probability, network, layer, context), slope);
}

}  // namespace ganymede
