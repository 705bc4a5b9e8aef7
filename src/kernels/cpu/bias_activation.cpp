// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "kernels/bias_activation.hpp"

#include <ATen/Dispatch.h>
#include <ATen/ops/empty_like.h>

#include "base/vectorised.hpp"
#include "kernels/arithmetic/bias_activation.hpp"

namespace ganymede::cpu {
namespace {

#define GANYMEDE_ADD_BIAS(T)                                                                               \
  GANYMEDE_VECTORISED void add_bias(T* values, const T* bias, std::int64_t columns) {                      \
    for (std::int64_t c = 0; c < columns; ++c) values[c] += bias[c];                                       \
  }                                                                                                        \
  GANYMEDE_VECTORISED void add_bias_and_rectify(T* values, const T* bias, std::int64_t columns) {          \
    for (std::int64_t c = 0; c < columns; ++c) {                                                           \
      values[c] = rectified(values[c] + bias[c]);                                                          \
    }                                                                                                      \
  }                                                                                                        \
  GANYMEDE_VECTORISED void add_bias_and_rectify(T* values, const T* bias, std::int64_t columns, T slope) { \
    for (std::int64_t c = 0; c < columns; ++c) {                                                           \
      values[c] = leaky(values[c] + bias[c], slope);                                                       \
    }                                                                                                      \
  }
#define GANYMEDE_RECTIFIER_BACKWARD(T)                                                                  \
  GANYMEDE_VECTORISED void rectifier_backward(T* to, const T* gradient, const T* output,                \
                                              std::int64_t columns, T slope) {                          \
    for (std::int64_t c = 0; c < columns; ++c) to[c] = before_rectifier(gradient[c], output[c], slope); \
  }                                                                                                     \
  GANYMEDE_VECTORISED void add_to(T* sums, const T* numbers, std::int64_t columns) {                    \
    for (std::int64_t c = 0; c < columns; ++c) sums[c] += numbers[c];                                   \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_ADD_BIAS)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_RECTIFIER_BACKWARD)

}  // namespace

void add_bias_and_activate_(const at::Tensor& values, const at::Tensor& bias, double slope_below_zero) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "add_bias_and_activate_", [&] {
    const std::int64_t rows = values.size(0), columns = values.size(1);
    auto* row = values.mutable_data_ptr<scalar_t>();
    const auto* b = bias.const_data_ptr<scalar_t>();
    for (std::int64_t r = 0; r < rows; ++r, row += columns) {
      if (slope_below_zero == 1)
        add_bias(row, b, columns);
      else if (slope_below_zero == 0)
        add_bias_and_rectify(row, b, columns);
      else
        add_bias_and_rectify(row, b, columns, static_cast<scalar_t>(slope_below_zero));
    }
  });
}

at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& output, double slope_below_zero,
                               const RunningSum& bias_gradient) {
  if (bias_gradient.empty) bias_gradient.numbers.zero_();
  const bool activated = slope_below_zero != 1;
  const at::Tensor before = activated ? at::empty_like(gradient) : gradient;
  AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "activation_backward", [&] {
    const std::int64_t rows = gradient.size(0), columns = gradient.size(1);
    for (std::int64_t r = 0; r < rows; ++r) {
      if (activated)
        rectifier_backward(before.mutable_data_ptr<scalar_t>() + r * columns,
                           gradient.const_data_ptr<scalar_t>() + r * columns,
                           output.const_data_ptr<scalar_t>() + r * columns, columns,
                           static_cast<scalar_t>(slope_below_zero));
      if (bias_gradient.numbers.defined())
        add_to(bias_gradient.numbers.mutable_data_ptr<scalar_t>(),
               before.const_data_ptr<scalar_t>() + r * columns, columns);
    }
  });
  return before;
}

}  // namespace ganymede::cpu
