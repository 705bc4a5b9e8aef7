#include "kernels/masked_activation.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

at::Tensor masked_activation(const at::Tensor& input, const at::Tensor& mask, double slope_below_zero) {
  return at::leaky_relu(input, slope_below_zero) * mask;
}

at::Tensor masked_activation_backward(const at::Tensor& gradient, const at::Tensor& input,
                                      const at::Tensor& mask, double slope_below_zero) {
  return at::leaky_relu_backward(gradient * mask, input, slope_below_zero, /*self_is_result=*/false);
}

}  // namespace ganymede::plain
