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

}  // namespace

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamStep& step, const at::Tensor& not_finite) {
  const AdamFactors factors = factors_of(step);
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "adam_", [&] {
    const bool found =
        adam(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
             mean.mutable_data_ptr<scalar_t>(), mean_square.mutable_data_ptr<scalar_t>(), values.numel(),
             static_cast<scalar_t>(factors.rate), Decay<scalar_t>(step.beta1), Decay<scalar_t>(step.beta2),
             static_cast<scalar_t>(factors.root_factor), static_cast<scalar_t>(step.epsilon));
    if (found) not_finite.fill_(1);
  });
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "rmsprop_", [&] {
    const bool found =
        rmsprop(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                mean_square.mutable_data_ptr<scalar_t>(), values.numel(), static_cast<scalar_t>(rate),
                Decay<scalar_t>(decay), static_cast<scalar_t>(epsilon));
    if (found) not_finite.fill_(1);
  });
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double factor, const at::Tensor& not_finite) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "momentum_", [&] {
    const bool found = momentum(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
                                velocity.mutable_data_ptr<scalar_t>(), values.numel(),
                                static_cast<scalar_t>(rate), static_cast<scalar_t>(factor));
    if (found) not_finite.fill_(1);
  });
}

}  // namespace ganymede::cpu
