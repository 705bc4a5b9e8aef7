#include "networks/linear.hpp"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A gradient that somebody waits for arrives through autograd, and so does one that is differentiated again.
bool takes_sums(const at::Tensor& parameter) {
  return !at::GradMode::is_enabled() && parameter.is_leaf() && parameter.grad().defined() &&
         !torch::autograd::impl::post_acc_grad_hooks(parameter);
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({input, weight, bias});
    return at::addmm(bias, input, weight.t());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &bias = saved[2], &gradient = gradients[0];
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = gradient.mm(weight);
    if (context->needs_input_grad(1)) {
      if (takes_sums(weight))
        weight.mutable_grad().addmm_(gradient.t(), input);
      else
        result[1] = gradient.t().mm(input);
    }
    if (context->needs_input_grad(2)) {
      result[2] = gradient.sum(0);
      if (takes_sums(bias)) {
        bias.mutable_grad().add_(result[2]);
        result[2] = at::Tensor();
      }
    }
    return result;
  }
};

}  // namespace

at::Tensor linear(const torch::nn::Linear& layer, const at::Tensor& input) {
  const at::Tensor &weight = layer->weight, &bias = layer->bias;
  if (at::GradMode::is_enabled() && weight.is_leaf() && weight.requires_grad() && bias.defined())
    return LinearFunction::apply(input, weight, bias);
  return at::linear(input, weight, bias);
}

}  // namespace ganymede
