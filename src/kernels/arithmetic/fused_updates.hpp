// Of one parameter, and of what all share.
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

struct AdamFactors {
  double rate, root_factor;
};
// Of the update with this number, from 1.
GANYMEDE_HOST_DEVICE AdamFactors adam_factors(double number, double rate, double beta1, double beta2) {
  return {rate / (1 - std::pow(beta1, number)), 1 / std::sqrt(1 - std::pow(beta2, number))};
}

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

struct BeginAdamAt {
  float* updates;
  double* factors;
  const double* rate_factor;
  double rate, beta1, beta2;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t) const {
    const AdamFactors made = adam_factors(*updates += 1, rate * *rate_factor, beta1, beta2);
    factors[0] = made.rate;
    factors[1] = made.root_factor;
  }
};

template <typename T>
struct AdamAt {
  T* w;
  const T* g;
  T *m, *s;
  const double* factors;
  Decay<T> mean, square;
  T epsilon;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    adam_update(w[i], g[i], m[i], s[i], static_cast<T>(factors[0]), mean, square, static_cast<T>(factors[1]),
                epsilon);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

template <typename T>
struct RmspropAt {
  T* w;
  const T* g;
  T* s;
  double rate;
  const double* rate_factor;
  Decay<T> square;
  T epsilon;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    rmsprop_update(w[i], g[i], s[i], static_cast<T>(rate * *rate_factor), square, epsilon);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

template <typename T>
struct MomentumAt {
  T* w;
  const T* g;
  T* v;
  double rate;
  const double* rate_factor;
  T factor;
  std::int32_t* not_finite;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    momentum_update(w[i], g[i], v[i], static_cast<T>(rate * *rate_factor), factor);
    if (are_of_no_finite(magnitude_bits(w[i]))) *not_finite = 1;
  }
};

}  // namespace ganymede
