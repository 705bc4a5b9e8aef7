#include "objectives/adversarial_loss.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

void require_logits(const at::Tensor& logits) {
  // [rows] against [rows, 1] would broadcast to [rows, rows] and still give a number.
  ensure(logits.dim() == 2 && logits.size(1) == 1, "logits are [rows, 1]");
}

// Each loss is a pair of overloads: what the discriminator and what the generator minimises.

at::Tensor discriminator_sum(const BceLoss& loss, const at::Tensor& real, const at::Tensor& fake) {
  at::Tensor sum = -at::log_sigmoid(real).sum() - at::log_sigmoid(-fake).sum();
  // -(1 - s) log sigmoid(real) - s log(1 - sigmoid(real)) = -log sigmoid(real) + s real
  if (loss.label_smoothing > 0) sum = sum + real.sum() * loss.label_smoothing;
  return sum;
}
at::Tensor generator_sum(const BceLoss& loss, const at::Tensor& fake) {
  return loss.saturating ? at::log_sigmoid(-fake).sum() : -at::log_sigmoid(fake).sum();
}

at::Tensor discriminator_sum(const WassersteinLoss&, const at::Tensor& real, const at::Tensor& fake) {
  return fake.sum() - real.sum();
}
at::Tensor generator_sum(const WassersteinLoss&, const at::Tensor& fake) {
  return -fake.sum();
}

at::Tensor discriminator_sum(const HingeLoss&, const at::Tensor& real, const at::Tensor& fake) {
  return at::relu(1 - real).sum() + at::relu(1 + fake).sum();
}
at::Tensor generator_sum(const HingeLoss&, const at::Tensor& fake) {
  return -fake.sum();
}

at::Tensor discriminator_sum(const LeastSquaresLoss& loss, const at::Tensor& real, const at::Tensor& fake) {
  return ((real - (1 - loss.label_smoothing)).square().sum() + fake.square().sum()) / 2;
}
at::Tensor generator_sum(const LeastSquaresLoss&, const at::Tensor& fake) {
  return (fake - 1).square().sum() / 2;
}

at::Tensor discriminator_sum(const MixedLoss& loss, const at::Tensor& real, const at::Tensor& fake) {
  return discriminator_sum(BceLoss{}, real, fake) +
         loss.wasserstein_weight * discriminator_sum(WassersteinLoss{}, real, fake);
}
at::Tensor generator_sum(const MixedLoss& loss, const at::Tensor& fake) {
  return generator_sum(BceLoss{}, fake) + loss.wasserstein_weight * generator_sum(WassersteinLoss{}, fake);
}

}  // namespace

at::Tensor discriminator_loss_sum(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                  const at::Tensor& fake_logits) {
  require_logits(real_logits);
  require_logits(fake_logits);
  return std::visit([&](const auto& one) { return discriminator_sum(one, real_logits, fake_logits); }, loss);
}

at::Tensor generator_loss_sum(const AdversarialLoss& loss, const at::Tensor& fake_logits) {
  require_logits(fake_logits);
  return std::visit([&](const auto& one) { return generator_sum(one, fake_logits); }, loss);
}

}  // namespace ganymede
