#pragma once

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

}  // namespace ganymede
