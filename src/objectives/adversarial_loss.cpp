#include "objectives/adversarial_loss.hpp"

#include <ATen/Dispatch.h>

#include <cmath>

#include "base/error.hpp"

namespace ganymede {
namespace {

// A loss at one logit, and its derivative there.
struct Point {
  double loss, slope;
};

Point operator+(Point a, Point b) {
  return {a.loss + b.loss, a.slope + b.slope};
}

// -log sigmoid(x), finite and precise at any logit.
Point taken_for_real(double x) {
  return {std::log1p(std::exp(-std::abs(x))) + std::max(-x, 0.0), -1 / (1 + std::exp(x))};
}

// -log(1 - sigmoid(x))
Point taken_for_fake(double x) {
  const Point mirrored = taken_for_real(-x);
  return {mirrored.loss, -mirrored.slope};
}

// factor x
Point line(double x, double factor) {
  return {factor * x, factor};
}

// max(0, 1 + sign x)
Point margin(double x, double sign) {
  const double excess = 1 + sign * x;
  return excess > 0 ? Point{excess, sign} : Point{excess < 0 ? 0 : excess, 0};  // keeps NaN
}

// (x - target)^2 / 2
Point squared_distance(double x, double target) {
  return {(x - target) * (x - target) / 2, x - target};
}

// What each loss makes of a real logit and of a fake one for the discriminator, and of a fake one for the
// generator.

Point of_real(const BceLoss& loss, double x) {
  // -(1 - s) log sigmoid(x) - s log(1 - sigmoid(x)) = -log sigmoid(x) + s x
  return taken_for_real(x) + line(x, loss.label_smoothing);
}
Point of_fake(const BceLoss&, double x) {
  return taken_for_fake(x);
}
Point of_generator(const BceLoss& loss, double x) {
  if (!loss.saturating) return taken_for_real(x);
  const Point opposite = taken_for_fake(x);
  return {-opposite.loss, -opposite.slope};
}

Point of_real(const WassersteinLoss&, double x) {
  return line(x, -1);
}
Point of_fake(const WassersteinLoss&, double x) {
  return line(x, 1);
}
Point of_generator(const WassersteinLoss&, double x) {
  return line(x, -1);
}

Point of_real(const HingeLoss&, double x) {
  return margin(x, -1);
}
Point of_fake(const HingeLoss&, double x) {
  return margin(x, 1);
}
Point of_generator(const HingeLoss&, double x) {
  return line(x, -1);
}

Point of_real(const LeastSquaresLoss& loss, double x) {
  return squared_distance(x, 1 - loss.label_smoothing);
}
Point of_fake(const LeastSquaresLoss&, double x) {
  return squared_distance(x, 0);
}
Point of_generator(const LeastSquaresLoss&, double x) {
  return squared_distance(x, 1);
}

Point of_real(const MixedLoss& loss, double x) {
  return taken_for_real(x) + line(x, -loss.wasserstein_weight);
}
Point of_fake(const MixedLoss& loss, double x) {
  return taken_for_fake(x) + line(x, loss.wasserstein_weight);
}
Point of_generator(const MixedLoss& loss, double x) {
  return taken_for_real(x) + line(x, -loss.wasserstein_weight);
}

// A few dozen logits: a loop over them takes less time than the call of one tensor operation. weights: of the
// rows, like the logits; 1 where there are none.
template <typename Curve>
LossAndSlope sum_over(const at::Tensor& logits, double factor, Curve curve, const at::Tensor& weights = {}) {
  // [rows] against [rows, 1] would broadcast to [rows, rows] and still give a number.
  ensure(logits.dim() == 2 && logits.size(1) == 1, "logits are [rows, 1]");
  const at::Tensor row = logits.detach().contiguous();
  at::Tensor slopes = at::empty_like(row);
  ensure(!weights.defined() || weights.sizes() == row.sizes(), "a weight a logit");
  double sum = 0;
  AT_DISPATCH_FLOATING_TYPES(row.scalar_type(), "adversarial_loss", [&] {
    const auto* x = row.const_data_ptr<scalar_t>();
    auto* slope = slopes.mutable_data_ptr<scalar_t>();
    const auto* weight = weights.defined() ? weights.const_data_ptr<scalar_t>() : nullptr;
    for (std::int64_t i = 0; i < row.numel(); ++i) {
      const Point point = curve(static_cast<double>(x[i]));
      const double of_row = weight != nullptr ? static_cast<double>(weight[i]) : 1;
      sum += of_row * point.loss;
      slope[i] = static_cast<scalar_t>(factor * of_row * point.slope);
    }
  });
  return {sum, slopes};
}

}  // namespace

DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, double factor) {
  return std::visit(
      [&](const auto& one) -> DiscriminatorLoss {
        const LossAndSlope real = sum_over(real_logits, factor, [&](double x) { return of_real(one, x); });
        const LossAndSlope fake = sum_over(fake_logits, factor, [&](double x) { return of_fake(one, x); });
        return {.sum = real.sum + fake.sum, .real = real.slope, .fake = fake.slope};
      },
      loss);
}

DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, const at::Tensor& mismatched_logits,
                                     const at::Tensor& share, double factor) {
  return std::visit(
      [&](const auto& one) -> DiscriminatorLoss {
        const auto taken_for_fakes = [&](double x) { return of_fake(one, x); };
        const LossAndSlope real = sum_over(real_logits, factor, [&](double x) { return of_real(one, x); });
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
  return std::visit(
      [&](const auto& one) {
        return sum_over(fake_logits, factor, [&](double x) { return of_generator(one, x); });
      },
      loss);
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
