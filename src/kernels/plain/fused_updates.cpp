#include "kernels/fused_updates.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {
namespace {

void note_not_finite(const at::Tensor& values, const at::Tensor& not_finite) {
  not_finite.bitwise_or_(values.isfinite().all().logical_not().to(not_finite.scalar_type()));
}

}  // namespace

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamStep& step, const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  const AdamFactors factors = factors_of(step);
  mean.mul_(step.beta1).add_(gradients, 1 - step.beta1);
  mean_square.mul_(step.beta2).addcmul_(gradients, gradients, 1 - step.beta2);
  values.addcdiv_(mean, mean_square.sqrt().mul_(factors.root_factor).add_(step.epsilon), -factors.rate);
  note_not_finite(values, not_finite);
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon, const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  mean_square.mul_(decay).addcmul_(gradients, gradients, 1 - decay);
  values.addcdiv_(gradients, mean_square.sqrt().add_(epsilon), -rate);
  note_not_finite(values, not_finite);
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double momentum, const at::Tensor& not_finite) {
  const at::NoGradGuard no_grad;
  velocity.mul_(momentum).add_(gradients);
  values.add_(velocity, -rate);
  note_not_finite(values, not_finite);
}

}  // namespace ganymede::plain
