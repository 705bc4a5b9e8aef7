// Compiled with -O3: vectorised.
#include "kernels/masked_activation.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>

#include "base/vectorised.hpp"
#include "kernels/cpu/lanes.hpp"

namespace ganymede::cpu {
namespace {

#define GANYMEDE_MASKED_ACTIVATION(T)                                                                   \
  GANYMEDE_VECTORISED void activate(T* to, const T* from, const T* mask, std::int64_t count, T slope) { \
    for (std::int64_t i = 0; i < count; ++i) to[i] = activated(from[i], from[i], slope) * mask[i];      \
  }                                                                                                     \
  GANYMEDE_VECTORISED void activate_backward(T* to, const T* gradient, const T* from, const T* mask,    \
                                             std::int64_t count, T slope) {                             \
    for (std::int64_t i = 0; i < count; ++i) to[i] = activated(gradient[i] * mask[i], from[i], slope);  \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_MASKED_ACTIVATION)

// work(first number, count), in several threads where it pays.
template <typename Work>
void for_each_part(const at::Tensor& numbers, const Work& work) {
  constexpr std::int64_t kNumbersAThread = 32768;
  at::parallel_for(0, numbers.numel(), kNumbersAThread,
                   [&](std::int64_t begin, std::int64_t end) { work(begin, end - begin); });
}

}  // namespace

at::Tensor masked_activation(const at::Tensor& input, const at::Tensor& mask, double slope_below_zero) {
  const at::Tensor inputs = input.contiguous(), factors = mask.contiguous();
  at::Tensor output = at::empty_like(inputs);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "masked_activation", [&] {
    auto* to = output.mutable_data_ptr<scalar_t>();
    const auto *from = inputs.const_data_ptr<scalar_t>(), *kept = factors.const_data_ptr<scalar_t>();
    for_each_part(output, [&](std::int64_t first, std::int64_t count) {
      activate(to + first, from + first, kept + first, count, static_cast<scalar_t>(slope_below_zero));
    });
  });
  return output;
}

at::Tensor masked_activation_backward(const at::Tensor& gradient, const at::Tensor& input,
                                      const at::Tensor& mask, double slope_below_zero) {
  const at::Tensor gradients = gradient.contiguous(), inputs = input.contiguous(),
                   factors = mask.contiguous();
  at::Tensor result = at::empty_like(inputs);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "masked_activation_backward", [&] {
    auto* to = result.mutable_data_ptr<scalar_t>();
    const auto *slopes = gradients.const_data_ptr<scalar_t>(), *from = inputs.const_data_ptr<scalar_t>(),
               *kept = factors.const_data_ptr<scalar_t>();
    for_each_part(result, [&](std::int64_t first, std::int64_t count) {
      activate_backward(to + first, slopes + first, from + first, kept + first, count,
                        static_cast<scalar_t>(slope_below_zero));
    });
  });
  return result;
}

}  // namespace ganymede::cpu
