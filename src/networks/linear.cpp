#include "networks/linear.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "kernels/bias_activation.hpp"
#include "kernels/conversion.hpp"
#include "kernels/linear_layer.hpp"
#include "kernels/mixed_precision.hpp"
#include "optimization/gradient_accumulator.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// In mixed precision these gain nothing.
constexpr std::int64_t kNarrowest = 16;

// Input and weight as they are multiplied.
struct Operands {
  at::Tensor input, weight;
};

Operands operands_of(const at::Tensor& input, const at::Tensor& weight) {
  const bool wide = weight.size(0) >= kNarrowest && weight.size(1) >= kNarrowest;
  return wide ? Operands{operand(input), operand(weight)} : Operands{input, weight};
}

at::Tensor forward_of(const Operands& operands, const at::Tensor& bias, at::ScalarType dtype, double slope) {
  ensure(bias.defined() || slope == 1, "an activation comes with a bias");
  return bias.defined() ? linear_layer(operands.input, operands.weight, bias, slope)
                        : multiply(operands.input, operands.weight.t(), dtype);
}

struct Saved {
  at::Tensor input, weight, bias, output;
};

// In operations that autograd differentiates again.
variable_list differentiable_backward(const Saved& saved, const at::Tensor& gradient, double slope) {
  const at::Tensor before =
      slope == 1 ? gradient : at::leaky_relu_backward(gradient, saved.output, slope, /*self_is_result=*/true);
  const Operands operands = operands_of(saved.input, saved.weight);
  const auto times = [&](const at::Tensor& left, const at::Tensor& right) {
    return converted(converted(left, right.scalar_type()).mm(right), gradient.scalar_type());
  };
  return {times(before, operands.weight), times(before.t(), operands.input),
          saved.bias.defined() ? before.sum(0) : at::Tensor()};
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double slope) {
    const Operands operands = operands_of(input, weight);
    at::Tensor output = forward_of(operands, bias.value_or(at::Tensor()), input.scalar_type(), slope);
    context->saved_data["slope"] = slope;
    context->save_for_backward({input, weight, bias.value_or(at::Tensor()),
                                slope == 1 ? at::Tensor() : output, operands.input, operands.weight});
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
      result =
          plain_backward(*context, saved, {variables[4], variables[5]}, gradients[0].contiguous(), slope);
    result.emplace_back();  // the slope's
    return result;
  }

 private:
  static variable_list plain_backward(const AutogradContext& context, const Saved& saved,
                                      const Operands& operands, const at::Tensor& gradient, double slope) {
    variable_list result(3);
    RunningSum bias_gradient;
    if (saved.bias.defined() && context.needs_input_grad(2)) {
      if (const auto accumulator = GradientAccumulator::of(saved.bias))
        bias_gradient = accumulator->running_sum();
      else
        bias_gradient = {.numbers = result[2] = at::empty_like(saved.bias), .empty = true};
    }
    const at::ScalarType dtype = gradient.scalar_type();
    const at::Tensor before = converted(activation_backward(gradient, saved.output, slope, bias_gradient),
                                        operands.weight.scalar_type());
    if (context.needs_input_grad(0)) result[0] = multiply(before, operands.weight, dtype);
    if (context.needs_input_grad(1)) {
      if (const auto accumulator = GradientAccumulator::of(saved.weight))
        accumulator->add_product(before, operands.input);
      else
        result[1] = multiply(before.t(), operands.input, dtype);
    }
    return result;
  }
};

}  // namespace

at::Tensor linear(const torch::nn::Linear& layer, const at::Tensor& input, double slope_below_zero) {
  if (!at::GradMode::is_enabled())
    return forward_of(operands_of(input, layer->weight), layer->bias, input.scalar_type(), slope_below_zero);
  const std::optional<at::Tensor> bias =
      layer->bias.defined() ? std::optional<at::Tensor>(layer->bias) : std::nullopt;
  return LinearFunction::apply(input, layer->weight, bias, slope_below_zero);
}

}  // namespace ganymede
