// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "optimization/fused_updates.hpp"

#include <ATen/Dispatch.h>

#include <array>
#include <cmath>
#include <numeric>

#include "base/vectorised.hpp"

namespace ganymede {
namespace {

// A decay and its complement, which is rounded once: 1 - 0.999f is 5e-5 off.
template <typename T>
struct Decay {
  explicit Decay(double decay) : kept(static_cast<T>(decay)), added(static_cast<T>(1 - decay)) {}
  T kept, added;
};

#define GANYMEDE_ADAM(T)                                                                                 \
  GANYMEDE_VECTORISED void adam(T* w, const T* g, T* m, T* s, std::int64_t count, T rate, Decay<T> mean, \
                                Decay<T> square, T root_factor, T epsilon) {                             \
    for (std::int64_t i = 0; i < count; ++i) {                                                           \
      m[i] = mean.kept * m[i] + mean.added * g[i];                                                       \
      s[i] = square.kept * s[i] + square.added * g[i] * g[i];                                            \
      w[i] -= rate * m[i] / (std::sqrt(s[i]) * root_factor + epsilon);                                   \
    }                                                                                                    \
  }
#define GANYMEDE_RMSPROP(T)                                                                             \
  GANYMEDE_VECTORISED void rmsprop(T* w, const T* g, T* s, std::int64_t count, T rate, Decay<T> square, \
                                   T epsilon) {                                                         \
    for (std::int64_t i = 0; i < count; ++i) {                                                          \
      s[i] = square.kept * s[i] + square.added * g[i] * g[i];                                           \
      w[i] -= rate * g[i] / (std::sqrt(s[i]) + epsilon);                                                \
    }                                                                                                   \
  }
#define GANYMEDE_MOMENTUM(T)                                                                        \
  GANYMEDE_VECTORISED void momentum(T* w, const T* g, T* v, std::int64_t count, T rate, T factor) { \
    for (std::int64_t i = 0; i < count; ++i) {                                                      \
      v[i] = factor * v[i] + g[i];                                                                  \
      w[i] -= rate * v[i];                                                                          \
    }                                                                                               \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_ADAM)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_RMSPROP)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_MOMENTUM)

}  // namespace

void adam_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean,
           const at::Tensor& mean_square, const AdamStep& step) {
  const double root_factor = 1 / std::sqrt(1 - std::pow(step.beta2, step.number));
  const double rate = step.rate / (1 - std::pow(step.beta1, step.number));
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "adam_", [&] {
    adam(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
         mean.mutable_data_ptr<scalar_t>(), mean_square.mutable_data_ptr<scalar_t>(), values.numel(),
         static_cast<scalar_t>(rate), Decay<scalar_t>(step.beta1), Decay<scalar_t>(step.beta2),
         static_cast<scalar_t>(root_factor), static_cast<scalar_t>(step.epsilon));
  });
}

void rmsprop_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& mean_square,
              double rate, double decay, double epsilon) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "rmsprop_", [&] {
    rmsprop(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
            mean_square.mutable_data_ptr<scalar_t>(), values.numel(), static_cast<scalar_t>(rate),
            Decay<scalar_t>(decay), static_cast<scalar_t>(epsilon));
  });
}

void momentum_(const at::Tensor& values, const at::Tensor& gradients, const at::Tensor& velocity, double rate,
               double factor) {
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "momentum_", [&] {
    momentum(values.mutable_data_ptr<scalar_t>(), gradients.const_data_ptr<scalar_t>(),
             velocity.mutable_data_ptr<scalar_t>(), values.numel(), static_cast<scalar_t>(rate),
             static_cast<scalar_t>(factor));
  });
}

double sum_of_squares(const at::Tensor& numbers) {
  constexpr std::int64_t kLanes = 16;
  std::array<double, kLanes> sums{};
  AT_DISPATCH_FLOATING_TYPES(numbers.scalar_type(), "sum_of_squares", [&] {
    const auto* x = numbers.const_data_ptr<scalar_t>();
    std::int64_t i = 0;
    for (; i + kLanes <= numbers.numel(); i += kLanes)
      for (std::int64_t lane = 0; lane < kLanes; ++lane)
        sums[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
    for (; i < numbers.numel(); ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace ganymede
