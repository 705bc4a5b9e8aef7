#include "objectives/loss_slopes.hpp"

#include <torch/csrc/autograd/autograd.h>

namespace ganymede {

LossSlopes loss_slopes(const AdversarialLoss& loss, const at::Tensor& real_logits,
                       const at::Tensor& fake_logits) {
  const at::Tensor real = real_logits.detach().requires_grad_(true);
  const at::Tensor fake = fake_logits.detach().requires_grad_(true);
  const at::Tensor discriminator_loss = discriminator_loss_sum(loss, real, fake);
  const at::Tensor generator_loss = generator_loss_sum(loss, fake);
  const auto of_discriminator = torch::autograd::grad({discriminator_loss}, {real, fake});
  const auto of_generator = torch::autograd::grad({generator_loss}, {fake});
  return {.discriminator_loss = discriminator_loss.detach(),
          .generator_loss = generator_loss.detach(),
          .real = of_discriminator[0],
          .fake = of_discriminator[1],
          .generator = of_generator[0]};
}

std::optional<at::Tensor> one_pass_factor(const LossSlopes& slopes) {
  // Times the gradients behind it, a smaller slope would be lost among denormal numbers.
  const double smallest = slopes.fake.scalar_type() == at::kDouble ? 1e-200 : 1e-24;
  if (slopes.fake.numel() == 0) return slopes.generator;
  if (!(slopes.fake.abs().min().item<double>() >= smallest)) return std::nullopt;  // NaN is not either
  return slopes.generator / slopes.fake;
}

}  // namespace ganymede
