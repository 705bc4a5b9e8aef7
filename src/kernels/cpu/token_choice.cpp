#include "kernels/token_choice.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <algorithm>
#include <array>

namespace ganymede::cpu {
namespace {

// Enough of them for all threads, few enough to stay in the processor's cache.
constexpr std::int64_t kNumbersTogether = 400'000;

// Sums of so many probabilities are independent of one another.
constexpr std::int64_t kLanes = 16;

template <typename Number>
Number sum_of(const Number* values, std::int64_t count) {
  std::array<Number, kLanes> sums{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      sums[static_cast<std::size_t>(lane)] += values[i + lane];
  Number sum = 0;
  for (; i < count; ++i) sum += values[i];
  for (const Number one : sums) sum += one;
  return sum;
}

// The first value at which the sum of those up to it passes `share` of them all: first the block in which
// that happens, then the value.
template <typename Number>
std::int64_t pick(const Number* values, std::int64_t count, Number share) {
  constexpr std::int64_t kBlock = 64;
  const auto block_sum = [&](std::int64_t first) {
    return sum_of(values + first, std::min(kBlock, count - first));
  };
  Number total = 0;
  for (std::int64_t first = 0; first < count; first += kBlock) total += block_sum(first);
  const Number wanted = share * total;
  Number before = 0;
  std::int64_t last = 0;  // that has a part in the law, should rounding leave the sum below
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const Number after = before + block_sum(first);
    if (after > wanted) {
      Number sum = before;
      for (std::int64_t i = first; i < std::min(first + kBlock, count); ++i) {
        if (values[i] <= 0) continue;
        last = i;
        if ((sum += values[i]) > wanted) return i;
      }
      return last;
    }
    before = after;
  }
  for (std::int64_t i = count - 1; i > 0; --i)
    if (values[i] > 0) return i;
  return 0;
}

}  // namespace

at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform) {
  const std::int64_t rows = logits.size(0), vocabulary = logits.size(1), times = uniform.numel() / rows;
  at::Tensor tokens = at::empty(uniform.sizes(), at::kLong);
  const at::Tensor shares = uniform.contiguous();
  const std::int64_t together = std::max<std::int64_t>(1, kNumbersTogether / vocabulary);
  for (std::int64_t first = 0; first < rows; first += together) {
    const std::int64_t count = std::min(together, rows - first);
    const at::Tensor law = logits.narrow(0, first, count).softmax(1);
    AT_DISPATCH_FLOATING_TYPES(law.scalar_type(), "pick_tokens", [&] {
      const auto* probabilities = law.const_data_ptr<scalar_t>();
      const auto* share = shares.const_data_ptr<scalar_t>() + first;
      auto* token = tokens.mutable_data_ptr<std::int64_t>() + first;
      for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t time = 0; time < times; ++time)
          token[time * rows + row] =
              pick(probabilities + row * vocabulary, vocabulary, share[time * rows + row]);
    });
  }
  return tokens;
}

}  // namespace ganymede::cpu
