#include "kernels/linear_layer.hpp"

#include <ATen/ATen.h>

#include "kernels/bias_activation.hpp"
#include "kernels/conversion.hpp"
#include "kernels/cpu/bfloat16_product.hpp"

namespace ganymede {
namespace {

bool widens_in_library(const at::Tensor& factor, at::ScalarType dtype) {
  return factor.is_cuda() && factor.scalar_type() == at::kBFloat16 && dtype == at::kFloat;
}

// As the gradient at a weight is a product.
bool suits_blocks(const at::Tensor& left, const at::Tensor& right, at::ScalarType dtype) {
  return left.scalar_type() == at::kBFloat16 && dtype == at::kFloat && cpu::multiplies_bfloat16_blocks() &&
         form_of("add_product", left, right) == Form::cpu && left.t().is_contiguous() &&
         right.is_contiguous();
}

}  // namespace

at::Tensor multiply(const at::Tensor& left, const at::Tensor& right, at::ScalarType dtype) {
  return widens_in_library(left, dtype) ? at::mm(left, right, dtype) : converted(at::mm(left, right), dtype);
}

void add_product(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right) {
  at::Tensor numbers = sum.numbers;
  const at::ScalarType dtype = numbers.scalar_type();
  if (left.scalar_type() == dtype && sum.empty)
    at::mm_out(numbers, left, right);
  else if (left.scalar_type() == dtype)
    numbers.addmm_(left, right);
  else if (suits_blocks(left, right, dtype))
    cpu::add_bfloat16_product(sum, left.t(), right);
  else if (!widens_in_library(left, dtype))
    sum.add(at::mm(left, right));
  else if (sum.empty)
    at::mm_out(numbers, left, right, dtype);
  else
    sum.add(at::mm(left, right, dtype));
}

at::Tensor linear_layer(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                        double slope_below_zero) {
  const at::ScalarType dtype = bias.scalar_type();
  if (form_of("linear_layer", input, weight, bias) == Form::cuda && input.scalar_type() == dtype) {
    // One operation of the GPU's library.
    if (slope_below_zero == 0) return at::_addmm_activation(bias, input, weight.t());
    if (slope_below_zero == 1) return at::addmm(bias, input, weight.t());
  }
  at::Tensor output = multiply(input, weight.t(), dtype);
  add_bias_and_activate_(output, bias, slope_below_zero);
  return output;
}

}  // namespace ganymede
