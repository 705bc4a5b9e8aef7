#include "objectives/adversarial_loss.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

void require_logits(const at::Tensor& logits) {
  // [rows] against [rows, 1] would broadcast to [rows, rows] and still give a number.
  ensure(logits.dim() == 2 && logits.size(1) == 1, "logits are [rows, 1]");
}

// -log sigmoid(x), finite and precise at any logit.
LossAndSlope taken_for_real(const at::Tensor& x) {
  return {-at::log_sigmoid(x).sum(), -at::sigmoid(-x)};
}

// -log(1 - sigmoid(x))
LossAndSlope taken_for_fake(const at::Tensor& x) {
  return {-at::log_sigmoid(-x).sum(), at::sigmoid(x)};
}

// sum of factor x
LossAndSlope linear_loss(const at::Tensor& x, double factor) {
  return {x.sum() * factor, at::full_like(x, factor)};
}

// max(0, 1 + sign x)
LossAndSlope margin_loss(const at::Tensor& x, double sign) {
  const at::Tensor excess = (x * sign + 1).clamp_min(0);
  return {excess.sum(), excess.gt(0).to(x.scalar_type()) * sign};
}

// (x - target)^2 / 2
LossAndSlope squared_distance(const at::Tensor& x, double target) {
  const at::Tensor distance = x - target;
  return {distance.square().sum() / 2, distance};
}

LossAndSlope add(const LossAndSlope& a, const LossAndSlope& b) {
  return {a.sum + b.sum, a.slope + b.slope};
}

// What each loss makes of real logits and of fake ones for the discriminator, and of fake ones for the
// generator.

LossAndSlope of_real(const BceLoss& loss, const at::Tensor& real) {
  // -(1 - s) log sigmoid(x) - s log(1 - sigmoid(x)) = -log sigmoid(x) + s x
  LossAndSlope plain = taken_for_real(real);
  return loss.label_smoothing > 0 ? add(plain, linear_loss(real, loss.label_smoothing)) : plain;
}
LossAndSlope of_fake(const BceLoss&, const at::Tensor& fake) {
  return taken_for_fake(fake);
}
LossAndSlope of_generator(const BceLoss& loss, const at::Tensor& fake) {
  if (!loss.saturating) return taken_for_real(fake);
  const LossAndSlope opposite = taken_for_fake(fake);
  return {-opposite.sum, -opposite.slope};
}

LossAndSlope of_real(const WassersteinLoss&, const at::Tensor& real) {
  return linear_loss(real, -1);
}
LossAndSlope of_fake(const WassersteinLoss&, const at::Tensor& fake) {
  return linear_loss(fake, 1);
}
LossAndSlope of_generator(const WassersteinLoss&, const at::Tensor& fake) {
  return linear_loss(fake, -1);
}

LossAndSlope of_real(const HingeLoss&, const at::Tensor& real) {
  return margin_loss(real, -1);
}
LossAndSlope of_fake(const HingeLoss&, const at::Tensor& fake) {
  return margin_loss(fake, 1);
}
LossAndSlope of_generator(const HingeLoss&, const at::Tensor& fake) {
  return linear_loss(fake, -1);
}

LossAndSlope of_real(const LeastSquaresLoss& loss, const at::Tensor& real) {
  return squared_distance(real, 1 - loss.label_smoothing);
}
LossAndSlope of_fake(const LeastSquaresLoss&, const at::Tensor& fake) {
  return squared_distance(fake, 0);
}
LossAndSlope of_generator(const LeastSquaresLoss&, const at::Tensor& fake) {
  return squared_distance(fake, 1);
}

LossAndSlope of_real(const MixedLoss& loss, const at::Tensor& real) {
  return add(taken_for_real(real), linear_loss(real, -loss.wasserstein_weight));
}
LossAndSlope of_fake(const MixedLoss& loss, const at::Tensor& fake) {
  return add(taken_for_fake(fake), linear_loss(fake, loss.wasserstein_weight));
}
LossAndSlope of_generator(const MixedLoss& loss, const at::Tensor& fake) {
  return add(taken_for_real(fake), linear_loss(fake, -loss.wasserstein_weight));
}

}  // namespace

DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits) {
  require_logits(real_logits);
  require_logits(fake_logits);
  const at::NoGradGuard no_grad;
  return std::visit(
      [&](const auto& one) -> DiscriminatorLoss {
        const LossAndSlope real = of_real(one, real_logits), fake = of_fake(one, fake_logits);
        return {.sum = real.sum + fake.sum, .real = real.slope, .fake = fake.slope};
      },
      loss);
}

LossAndSlope generator_loss(const AdversarialLoss& loss, const at::Tensor& fake_logits) {
  require_logits(fake_logits);
  const at::NoGradGuard no_grad;
  return std::visit([&](const auto& one) { return of_generator(one, fake_logits); }, loss);
}

std::optional<at::Tensor> one_pass_factor(const at::Tensor& generator_slope,
                                          const at::Tensor& discriminator_slope_at_fake) {
  if (discriminator_slope_at_fake.numel() == 0) return generator_slope;
  // Times the gradients behind it, a smaller slope would be lost among denormal numbers.
  const double smallest = discriminator_slope_at_fake.scalar_type() == at::kDouble ? 1e-200 : 1e-24;
  const bool keeps = discriminator_slope_at_fake.abs().min().item<double>() >= smallest;  // NaN does not
  if (!keeps) return std::nullopt;
  return generator_slope / discriminator_slope_at_fake;
}

}  // namespace ganymede
