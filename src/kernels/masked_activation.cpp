#include "kernels/masked_activation.hpp"

namespace ganymede {

at::Tensor masked_activation(const at::Tensor& input, const at::Tensor& mask, double slope_below_zero) {
  return GANYMEDE_IN_FORM(form_of("masked_activation", input, mask), masked_activation, input, mask,
                          slope_below_zero);
}

at::Tensor masked_activation_backward(const at::Tensor& gradient, const at::Tensor& input,
                                      const at::Tensor& mask, double slope_below_zero) {
  const Form form = form_of("masked_activation_backward", gradient, input, mask);
  return GANYMEDE_IN_FORM(form, masked_activation_backward, gradient, input, mask, slope_below_zero);
}

}  // namespace ganymede
