// Of one parameter.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace ganymede {

// A decay and its complement, which is rounded once: 1 - 0.999f is 5e-5 off.
template <typename T>
struct Decay {
  explicit Decay(double decay) : kept(static_cast<T>(decay)), added(static_cast<T>(1 - decay)) {}
  T kept, added;
};

template <typename T>
GANYMEDE_HOST_DEVICE void adam_update(T& w, T g, T& m, T& s, T rate, Decay<T> mean, Decay<T> square,
                                      T root_factor, T epsilon) {
  m = mean.kept * m + mean.added * g;
  s = square.kept * s + square.added * g * g;
  w -= rate * m / (std::sqrt(s) * root_factor + epsilon);
}

template <typename T>
GANYMEDE_HOST_DEVICE void rmsprop_update(T& w, T g, T& s, T rate, Decay<T> square, T epsilon) {
  s = square.kept * s + square.added * g * g;
  w -= rate * g / (std::sqrt(s) + epsilon);
}

template <typename T>
GANYMEDE_HOST_DEVICE void momentum_update(T& w, T g, T& v, T rate, T factor) {
  v = factor * v + g;
  w -= rate * v;
}

// The bits of |x|, which grow with it: infinity's are the largest of a number, those of NaN are larger. The
// largest of many is found at next to no cost in loops that are vectorised.
GANYMEDE_HOST_DEVICE std::int32_t magnitude_bits(float x) {
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fff'ffff;
}
GANYMEDE_HOST_DEVICE std::int64_t magnitude_bits(double x) {
  std::int64_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fff'ffff'ffff'ffff;
}
GANYMEDE_HOST_DEVICE bool are_of_no_finite(std::int32_t magnitude_bits) {
  return magnitude_bits >= 0x7f80'0000;
}
GANYMEDE_HOST_DEVICE bool are_of_no_finite(std::int64_t magnitude_bits) {
  return magnitude_bits >= 0x7ff0'0000'0000'0000;
}

template <typename T>
struct AdamAt {
  T* w;
  const T* g;
  T *m, *s;
  T rate;
  Decay<T> mean, square;
  T root_factor, epsilon;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    adam_update(w[i], g[i], m[i], s[i], rate, mean, square, root_factor, epsilon);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

template <typename T>
struct RmspropAt {
  T* w;
  const T* g;
  T* s;
  T rate;
  Decay<T> square;
  T epsilon;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    rmsprop_update(w[i], g[i], s[i], rate, square, epsilon);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

template <typename T>
struct MomentumAt {
  T* w;
  const T* g;
  T* v;
  T rate, factor;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    momentum_update(w[i], g[i], v[i], rate, factor);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

}  // namespace ganymede
