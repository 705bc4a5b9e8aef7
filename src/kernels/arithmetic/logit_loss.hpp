// A loss as a function of one logit.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace ganymede {

// sign x shape(x) + line x x
struct LogitCurve {
  enum class Shape {
    none,
    real,    // -log sigmoid(x): taken for real
    fake,    // -log(1 - sigmoid(x))
    margin,  // max(0, 1 + parameter x), parameter being 1 or -1
    square   // (x - parameter)^2 / 2
  };
  Shape shape = Shape::none;
  double parameter = 0;
  double sign = 1;
  double line = 0;
};

// A loss at one logit, and its derivative there.
struct LossPoint {
  double loss, slope;
};

// -log sigmoid(x), finite and precise at any logit.
GANYMEDE_HOST_DEVICE LossPoint taken_for_real(double x) {
  return {std::log1p(std::exp(-std::abs(x))) + (x < 0 ? -x : 0.0), -1 / (1 + std::exp(x))};
}

GANYMEDE_HOST_DEVICE LossPoint shape_at(LogitCurve::Shape shape, double parameter, double x) {
  switch (shape) {
    case LogitCurve::Shape::real:
      return taken_for_real(x);
    case LogitCurve::Shape::fake: {
      const LossPoint mirrored = taken_for_real(-x);
      return {mirrored.loss, -mirrored.slope};
    }
    case LogitCurve::Shape::margin: {
      const double excess = 1 + parameter * x;
      return excess > 0 ? LossPoint{excess, parameter} : LossPoint{excess < 0 ? 0 : excess, 0};  // keeps NaN
    }
    case LogitCurve::Shape::square:
      return {(x - parameter) * (x - parameter) / 2, x - parameter};
    case LogitCurve::Shape::none:
      break;
  }
  return {0, 0};
}

GANYMEDE_HOST_DEVICE LossPoint point_at(const LogitCurve& curve, double x) {
  const LossPoint point = shape_at(curve.shape, curve.parameter, x);
  if (curve.line == 0) return {curve.sign * point.loss, curve.sign * point.slope};
  return {curve.sign * point.loss + curve.line * x, curve.sign * point.slope + curve.line};
}

// The sum over logits, and each one's slope. weights: null where every row counts once.
template <typename T>
struct LogitLossSum {
  using Number = double;
  const T* logits;
  const T* weights;
  LogitCurve curve;
  double factor;
  double* loss;
  T* slope;
  GANYMEDE_HOST_DEVICE double addend(std::int64_t i, std::int64_t /*group*/) const {
    const LossPoint point = point_at(curve, static_cast<double>(logits[i]));
    const double weight = weights != nullptr ? static_cast<double>(weights[i]) : 1;
    slope[i] = static_cast<T>(factor * weight * point.slope);
    return weight * point.loss;
  }
  GANYMEDE_HOST_DEVICE void store(std::int64_t /*group*/, double sum) const { *loss = sum; }
};

}  // namespace ganymede
