// Of one number of a linear layer's output.
#pragma once

#include <cstdint>

#include "base/host_device.hpp"

namespace ganymede {

template <typename T>
GANYMEDE_HOST_DEVICE T rectified(T sum) {
  return sum < 0 ? 0 : sum;
}
template <typename T>
GANYMEDE_HOST_DEVICE T leaky(T sum, T slope) {
  return sum < 0 ? slope * sum : sum;
}
template <typename T>
GANYMEDE_HOST_DEVICE T before_rectifier(T gradient, T output, T slope) {
  return output > 0 ? gradient : slope * gradient;
}

// Number i of a matrix whose rows have `columns` numbers; the slope below 0 is 1 without an activation.
template <typename T>
struct BiasActivationAt {
  T* values;
  const T* bias;
  std::int64_t columns;
  T slope;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    const T sum = values[i] + bias[i % columns];
    values[i] = slope == 0 ? rectified(sum) : leaky(sum, slope);
  }
};

template <typename T>
struct ActivationBackwardAt {
  T* to;
  const T* gradient;
  const T* output;
  T slope;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    to[i] = before_rectifier(gradient[i], output[i], slope);
  }
};

// The same and, of each column, its sum.
template <typename T>
struct ActivationBackwardSums {
  using Number = T;
  T* to;  // null without an activation
  const T* gradient;
  const T* output;
  T* sums;
  std::int64_t columns;
  T slope;
  bool adds;  // to what `sums` holds
  GANYMEDE_HOST_DEVICE T addend(std::int64_t row, std::int64_t column) const {
    const std::int64_t i = row * columns + column;
    if (to == nullptr) return gradient[i];
    return to[i] = before_rectifier(gradient[i], output[i], slope);
  }
  GANYMEDE_HOST_DEVICE void store(std::int64_t column, T sum) const {
    sums[column] = adds ? sums[column] + sum : sum;
  }
};

}  // namespace ganymede
