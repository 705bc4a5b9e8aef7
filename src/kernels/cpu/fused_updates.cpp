// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "kernels/fused_updates.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <algorithm>
#include <cmath>

#include "base/vectorised.hpp"
#include "kernels/arithmetic/fused_updates.hpp"

namespace ganymede::cpu {
namespace {

// Each gives whether a new value is not finite.
#define GANYMEDE_ADAM(T)                                                                                 \
  GANYMEDE_VECTORISED bool adam(T* w, const T* g, T* m, T* s, std::int64_t count, T rate, Decay<T> mean, \
                                Decay<T> square, T root_factor, T epsilon) {                             \
    decltype(magnitude_bits(T{})) largest = 0;                                                           \
    for (std::int64_t i = 0; i < count; ++i) {                                                           \
      adam_update(w[i], g[i], m[i], s[i], rate, mean, square, root_factor, epsilon);                     \
      largest = std::max(largest, magnitude_bits(w[i]));                                                 \
    }                                                                                                    \
    return are_of_no_finite(largest);                                                                    \
  }
#define GANYMEDE_RMSPROP(T)                                                                             \
  GANYMEDE_VECTORISED bool rmsprop(T* w, const T* g, T* s, std::int64_t count, T rate, Decay<T> square, \
                                   T epsilon) {                                                         \
    decltype(magnitude_bits(T{})) largest = 0;                                                          \
    for (std::int64_t i = 0; i < count; ++i) {                                                          \
      rmsprop_update(w[i], g[i], s[i], rate, square, epsilon);                                          \
      largest = std::max(largest, magnitude_bits(w[i]));                                                \
    }                                                                                                   \
    return are_of_no_finite(largest);                                                                   \
  }
#define GANYMEDE_MOMENTUM(T)                                                                        \
  GANYMEDE_VECTORISED bool momentum(T* w, const T* g, T* v, std::int64_t count, T rate, T factor) { \
    decltype(magnitude_bits(T{})) largest = 0;                                                      \
    for (std::int64_t i = 0; i < count; ++i) {                                                      \
      momentum_update(w[i], g[i], v[i], rate, factor);                                              \
      largest = std::max(largest, magnitude_bits(w[i]));                                            \
    }                                                                                               \
    return are_of_no_finite(largest);                                                               \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_ADAM)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_RMSPROP)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_MOMENTUM)

double rate_of(double rate, const at::Tensor& rate_factor) {
  return rate * *rate_factor.const_data_ptr<double>();
}

}  // namespace

void begin_adam_(const at::Tensor& updates, const at::Tensor& factors, const AdamNumbers& numbers,
                 const at::Tensor& rate_factor) {
  BeginAdamAt{updates.mutable_data_ptr<float>(),
              factors.mutable_data_ptr<double>(),
              rate_factor.const_data_ptr<double>(),
              numbers.rate,
              numbers.beta1,
              numbers.beta2}(0);
}

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamNumbers& numbers, const at::Tensor& factors,
           const at::Tensor& not_finite) {
  const auto* of_update = factors.const_data_ptr<double>();
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "adam_", [&] {
    const bool found = adam(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                            mean.mutable_data_ptr<scalar_t>(), mean_square.mutable_data_ptr<scalar_t>(),
                            values.numel(), static_cast<scalar_t>(of_update[0]),
                            Decay<scalar_t>(numbers.beta1), Decay<scalar_t>(numbers.beta2),
                            static_cast<scalar_t>(of_update[1]), static_cast<scalar_t>(numbers.epsilon));
    if (found) not_finite.fill_(1);
  });
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, const at::Tensor& rate_factor, double decay, double epsilon,
              const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "rmsprop_", [&] {
    const bool found = rmsprop(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                               mean_square.mutable_data_ptr<scalar_t>(), values.numel(),
                               static_cast<scalar_t>(rate_of(rate, rate_factor)), Decay<scalar_t>(decay),
                               static_cast<scalar_t>(epsilon));
    if (found) not_finite.fill_(1);
  });
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               const at::Tensor& rate_factor, double factor, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "momentum_", [&] {
    const bool found =
        momentum(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                 velocity.mutable_data_ptr<scalar_t>(), values.numel(),
                 static_cast<scalar_t>(rate_of(rate, rate_factor)), static_cast<scalar_t>(factor));
    if (found) not_finite.fill_(1);
  });
}

void descend_(const at::Tensor& values, const at::Tensor& gradients, double rate,
              const at::Tensor& rate_factor, const at::Tensor& not_finite) {
  const at::Tensor sum = values.add_(gradients, -rate_of(rate, rate_factor)).sum();
  not_finite.bitwise_or_(sum.isfinite().logical_not());
}

}  // namespace ganymede::cpu
