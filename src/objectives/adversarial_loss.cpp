#include "objectives/adversarial_loss.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

using Shape = LogitCurve::Shape;

// What each loss makes of a real logit and of a fake one for the discriminator, and of a fake one for the
// generator.

LogitCurve of_real(const BceLoss& loss) {
  // -(1 - s) log sigmoid(x) - s log(1 - sigmoid(x)) = -log sigmoid(x) + s x
  return {.shape = Shape::real, .line = loss.label_smoothing};
}
LogitCurve of_fake(const BceLoss&) {
  return {.shape = Shape::fake};
}
LogitCurve of_generator(const BceLoss& loss) {
  if (!loss.saturating) return {.shape = Shape::real};
  return {.shape = Shape::fake, .sign = -1};
}

LogitCurve of_real(const WassersteinLoss&) {
  return {.line = -1};
}
LogitCurve of_fake(const WassersteinLoss&) {
  return {.line = 1};
}
LogitCurve of_generator(const WassersteinLoss&) {
  return {.line = -1};
}

LogitCurve of_real(const HingeLoss&) {
  return {.shape = Shape::margin, .parameter = -1};
}
LogitCurve of_fake(const HingeLoss&) {
  return {.shape = Shape::margin, .parameter = 1};
}
LogitCurve of_generator(const HingeLoss&) {
  return {.line = -1};
}

LogitCurve of_real(const LeastSquaresLoss& loss) {
  return {.shape = Shape::square, .parameter = 1 - loss.label_smoothing};
}
LogitCurve of_fake(const LeastSquaresLoss&) {
  return {.shape = Shape::square, .parameter = 0};
}
LogitCurve of_generator(const LeastSquaresLoss&) {
  return {.shape = Shape::square, .parameter = 1};
}

LogitCurve of_real(const MixedLoss& loss) {
  return {.shape = Shape::real, .line = -loss.wasserstein_weight};
}
LogitCurve of_fake(const MixedLoss& loss) {
  return {.shape = Shape::fake, .line = loss.wasserstein_weight};
}
LogitCurve of_generator(const MixedLoss& loss) {
  return {.shape = Shape::real, .line = -loss.wasserstein_weight};
}

LossAndSlope sum_over(const at::Tensor& logits, double factor, const LogitCurve& curve,
                      const at::Tensor& weights = {}) {
  // [rows] against [rows, 1] would broadcast to [rows, rows] and still give a number.
  ensure(logits.dim() == 2 && logits.size(1) == 1, "logits are [rows, 1]");
  ensure(!weights.defined() || weights.sizes() == logits.sizes(), "a weight a logit");
  return sum_over_logits(logits.detach().contiguous(), curve, factor, weights);
}

}  // namespace

DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, double factor) {
  return std::visit(
      [&](const auto& one) -> DiscriminatorLoss {
        const LossAndSlope real = sum_over(real_logits, factor, of_real(one));
        const LossAndSlope fake = sum_over(fake_logits, factor, of_fake(one));
        return {.sum = real.sum + fake.sum, .real = real.slope, .fake = fake.slope};
      },
      loss);
}

DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, const at::Tensor& mismatched_logits,
                                     const at::Tensor& share, double factor) {
  return std::visit(
      [&](const auto& one) -> DiscriminatorLoss {
        const LogitCurve taken_for_fakes = of_fake(one);
        const LossAndSlope real = sum_over(real_logits, factor, of_real(one));
        const LossAndSlope fake = sum_over(fake_logits, factor, taken_for_fakes, 1 - share);
        const LossAndSlope mismatched = sum_over(mismatched_logits, factor, taken_for_fakes, share);
        return {.sum = real.sum + fake.sum + mismatched.sum,
                .real = real.slope,
                .fake = fake.slope,
                .mismatched = mismatched.slope};
      },
      loss);
}

LossAndSlope generator_loss(const AdversarialLoss& loss, const at::Tensor& fake_logits, double factor) {
  return std::visit([&](const auto& one) { return sum_over(fake_logits, factor, of_generator(one)); }, loss);
}

std::optional<OnePass> one_pass(const at::Tensor& generator_slope,
                                const at::Tensor& discriminator_slope_at_fake) {
  at::Tensor slope = discriminator_slope_at_fake;
  if (slope.numel() == 0) return OnePass{.discriminator_slope = slope, .factor = generator_slope};
  // Times the gradients behind it, a smaller slope would be lost among denormal numbers.
  const double smallest = slope.scalar_type() == at::kDouble ? 1e-200 : 1e-24;
  if (slope.is_cpu()) {
    const bool keeps = slope.abs().min().item<double>() >= smallest;  // NaN does not
    if (!keeps) return std::nullopt;
  } else {
    slope = slope.abs().clamp_min(smallest).copysign(slope);
  }
  return OnePass{.discriminator_slope = slope, .factor = generator_slope / slope};
}

}  // namespace ganymede
