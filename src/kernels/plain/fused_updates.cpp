#include "kernels/fused_updates.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {
namespace {

void note_not_finite(const at::Tensor& values, const at::Tensor& not_finite) {
  not_finite.bitwise_or_(values.isfinite().all().logical_not().to(not_finite.scalar_type()));
}

// values -= rate x direction
void descend_by(const at::Tensor& values, const at::Tensor& direction, const at::Tensor& rate) {
  values.sub_(direction * rate.to(values.scalar_type()));
}

}  // namespace

void begin_adam_(const at::Tensor& updates, const at::Tensor& factors, const AdamNumbers& numbers,
                 const at::Tensor& rate_factor) {
  const at::NoGradGuard no_grad;
  const at::Tensor number = updates.add_(1).to(at::kDouble);
  const auto complement = [&](double beta) { return 1 - at::pow(beta, number); };
  factors.narrow(0, 0, 1).copy_(numbers.rate * rate_factor / complement(numbers.beta1));
  factors.narrow(0, 1, 1).copy_(complement(numbers.beta2).rsqrt());
}

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamNumbers& numbers, const at::Tensor& factors,
           const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  mean.mul_(numbers.beta1).add_(gradients, 1 - numbers.beta1);
  mean_square.mul_(numbers.beta2).addcmul_(gradients, gradients, 1 - numbers.beta2);
  const at::Tensor root = mean_square.sqrt().mul_(factors[1].to(values.scalar_type()));
  descend_by(values, mean / root.add_(numbers.epsilon), factors[0]);
  note_not_finite(values, not_finite);
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, const at::Tensor& rate_factor, double decay, double epsilon,
              const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  mean_square.mul_(decay).addcmul_(gradients, gradients, 1 - decay);
  descend_by(values, gradients / mean_square.sqrt().add_(epsilon), rate * rate_factor);
  note_not_finite(values, not_finite);
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               const at::Tensor& rate_factor, double momentum, const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  velocity.mul_(momentum).add_(gradients);
  descend_by(values, velocity, rate * rate_factor);
  note_not_finite(values, not_finite);
}

void descend_(const at::Tensor& values, const at::Tensor& gradients, double rate,
              const at::Tensor& rate_factor, const at::Tensor& not_finite) {
  descend_by(values, gradients, rate * rate_factor);
  note_not_finite(values, not_finite);
}

}  // namespace ganymede::plain
