#include "kernels/bias_activation.hpp"

namespace ganymede {

void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias, double slope_below_zero) {
  const Form form = form_of("add_bias_and_activate_", values, bias);
  GANYMEDE_IN_FORM_OR_CUDA(form, add_bias_and_activate_, values, bias, slope_below_zero);
}

at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output, double slope_below_zero,
                               const RunningSum& bias_gradient) {
  const Form form = form_of("activation_backward", gradient, output, bias_gradient.numbers);
  return GANYMEDE_IN_FORM_OR_CUDA(form, activation_backward, gradient, output, slope_below_zero,
                                  bias_gradient);
}

}  // namespace ganymede
