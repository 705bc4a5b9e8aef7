#include "kernels/fused_updates.hpp"

#include <cmath>

namespace ganymede {

AdamFactors factors_of(const AdamStep& step) {
  return {.rate = step.rate / (1 - std::pow(step.beta1, step.number)),
          .root_factor = 1 / std::sqrt(1 - std::pow(step.beta2, step.number))};
}

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamStep& step, const at::Tensor& not_finite) {
  const Form form = form_of("adam_", values, gradients, mean, mean_square, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, adam_, values, gradients, mean, mean_square, step, not_finite);
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon, const at::Tensor& not_finite) {
  const Form form = form_of("rmsprop_", values, gradients, mean_square, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, rmsprop_, values, gradients, mean_square, rate, decay, epsilon, not_finite);
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double momentum, const at::Tensor& not_finite) {
  const Form form = form_of("momentum_", values, gradients, velocity, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, momentum_, values, gradients, velocity, rate, momentum, not_finite);
}

}  // namespace ganymede
