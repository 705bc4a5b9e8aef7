#include "kernels/logit_loss.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {
namespace {

struct LossAndSlopes {
  at::Tensor loss, slope;
};

LossAndSlopes taken_for_real_of(const at::Tensor& x) {
  return {at::log1p(at::exp(-x.abs())) + at::clamp_min(-x, 0), -1 / (1 + at::exp(x))};
}

LossAndSlopes shape_of(const LogitCurve& curve, const at::Tensor& x) {
  switch (curve.shape) {
    case LogitCurve::Shape::real:
      return taken_for_real_of(x);
    case LogitCurve::Shape::fake: {
      const LossAndSlopes mirrored = taken_for_real_of(-x);
      return {mirrored.loss, -mirrored.slope};
    }
    case LogitCurve::Shape::margin: {
      const at::Tensor excess = 1 + curve.parameter * x;
      return {excess.clamp_min(0), (excess > 0).to(at::kDouble) * curve.parameter};
    }
    case LogitCurve::Shape::square:
      return {(x - curve.parameter).square() / 2, x - curve.parameter};
    case LogitCurve::Shape::none:
      break;
  }
  return {at::zeros_like(x), at::zeros_like(x)};
}

}  // namespace

LossAndSlope sum_over_logits(const at::Tensor& logits, const LogitCurve& curve, double factor,
                             const at::Tensor& weights) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = logits.to(at::kDouble);
  auto [loss, slope] = shape_of(curve, x);
  loss = curve.sign * loss;
  slope = curve.sign * slope + curve.line;
  if (curve.line != 0) loss = loss + curve.line * x;
  if (weights.defined()) {
    loss = loss * weights;
    slope = slope * weights;
  }
  return {loss.sum(), (factor * slope).to(logits.scalar_type())};
}

}  // namespace ganymede::plain
