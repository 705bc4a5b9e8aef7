#include "kernels/fused_updates.hpp"

namespace ganymede {

void begin_adam_(const at::Tensor& updates, const at::Tensor& factors, const AdamNumbers& numbers,
                 const at::Tensor& rate_factor) {
  const Form form = form_of("begin_adam_", updates, factors, rate_factor);
  GANYMEDE_IN_FORM_OR_CUDA(form, begin_adam_, updates, factors, numbers, rate_factor);
}

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamNumbers& numbers, const at::Tensor& factors,
           const at::Tensor& not_finite) {
  const Form form = form_of("adam_", values, gradients, mean, mean_square, factors, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, adam_, values, gradients, mean, mean_square, numbers, factors, not_finite);
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, const at::Tensor& rate_factor, double decay, double epsilon,
              const at::Tensor& not_finite) {
  const Form form = form_of("rmsprop_", values, gradients, mean_square, rate_factor, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, rmsprop_, values, gradients, mean_square, rate, rate_factor, decay, epsilon,
                           not_finite);
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               const at::Tensor& rate_factor, double momentum, const at::Tensor& not_finite) {
  const Form form = form_of("momentum_", values, gradients, velocity, rate_factor, not_finite);
  GANYMEDE_IN_FORM_OR_CUDA(form, momentum_, values, gradients, velocity, rate, rate_factor, momentum,
                           not_finite);
}

void descend_(const at::Tensor& values, const at::Tensor& gradients, double rate,
              const at::Tensor& rate_factor, const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  const Form form = form_of("descend_", values, gradients, rate_factor, not_finite);
  GANYMEDE_IN_FORM(form, descend_, values, gradients, rate, rate_factor, not_finite);
}

}  // namespace ganymede
