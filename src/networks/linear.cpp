#include "networks/linear.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "networks/bias_activation.hpp"
#include "optimization/gradient_accumulator.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor forward_of(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                      double slope) {
  at::Tensor output = at::mm(input, weight.t());
  ensure(bias.defined() || slope == 1, "an activation comes with a bias");
  if (bias.defined()) add_bias_and_activate_(output, bias, slope);
  return output;
}

struct Saved {
  at::Tensor input, weight, bias, output;
};

// In operations that autograd differentiates again.
variable_list differentiable_backward(const Saved& saved, const at::Tensor& gradient, double slope) {
  const at::Tensor before =
      slope == 1 ? gradient : at::leaky_relu_backward(gradient, saved.output, slope, /*self_is_result=*/true);
  return {before.mm(saved.weight), before.t().mm(saved.input),
          saved.bias.defined() ? before.sum(0) : at::Tensor()};
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double slope) {
    at::Tensor output = forward_of(input, weight, bias.value_or(at::Tensor()), slope);
    context->saved_data["slope"] = slope;
    context->save_for_backward(
        {input, weight, bias.value_or(at::Tensor()), slope == 1 ? at::Tensor() : output});
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const double slope = context->saved_data["slope"].toDouble();
    const variable_list variables = context->get_saved_variables();
    const Saved saved{variables[0], variables[1], variables[2], variables[3]};
    variable_list result;
    if (at::GradMode::is_enabled())
      result = differentiable_backward(saved, gradients[0], slope);
    else
      result = plain_backward(*context, saved, gradients[0].contiguous(), slope);
    result.emplace_back();  // the slope's
    return result;
  }

 private:
  static variable_list plain_backward(const AutogradContext& context, const Saved& saved,
                                      const at::Tensor& gradient, double slope) {
    variable_list result(3);
    at::Tensor bias_gradient;
    if (saved.bias.defined() && context.needs_input_grad(2)) {
      if (const auto accumulator = GradientAccumulator::of(saved.bias))
        bias_gradient = accumulator->sum();
      else
        bias_gradient = result[2] = at::zeros_like(saved.bias);
    }
    const at::Tensor before = activation_backward(gradient, saved.output, slope, bias_gradient);
    if (context.needs_input_grad(0)) result[0] = before.mm(saved.weight);
    if (context.needs_input_grad(1)) {
      if (const auto accumulator = GradientAccumulator::of(saved.weight))
        accumulator->add_product(before.t(), saved.input);
      else
        result[1] = before.t().mm(saved.input);
    }
    return result;
  }
};

}  // namespace

at::Tensor linear(const torch::nn::Linear& layer, const at::Tensor& input, double slope_below_zero) {
  if (!at::GradMode::is_enabled()) return forward_of(input, layer->weight, layer->bias, slope_below_zero);
  const std::optional<at::Tensor> bias =
      layer->bias.defined() ? std::optional<at::Tensor>(layer->bias) : std::nullopt;
  return LinearFunction::apply(input, layer->weight, bias, slope_below_zero);
}

}  // namespace ganymede
