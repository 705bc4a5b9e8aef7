// Compiled with -O3, so that the additions are vectorised.
#include "kernels/tree_sum.hpp"

#include <ATen/Dispatch.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/vectorised.hpp"

namespace ganymede::cpu {
namespace {

// Elements summed at a time, so that partial sums stay in the first cache.
constexpr std::int64_t kBlock = 512;

GANYMEDE_VECTORISED void add(const float* a, const float* b, float* out, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}
GANYMEDE_VECTORISED void add(const double* a, const double* b, double* out, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

// out = sum over sources of count <= kBlock elements from `begin` on.
template <typename T>
void sum_block(std::span<const T* const> sources, std::int64_t begin, std::int64_t count, T* out) {
  if (sources.size() == 1) {
    std::copy_n(sources[0] + begin, count, out);
  } else if (sources.size() == 2) {
    add(sources[0] + begin, sources[1] + begin, out, count);
  } else {
    const std::size_t left = std::bit_floor(sources.size() - 1);
    T left_sum[kBlock], right_sum[kBlock];
    sum_block(sources.first(left), begin, count, left_sum);
    sum_block(sources.subspan(left), begin, count, right_sum);
    add(left_sum, right_sum, out, count);
  }
}

}  // namespace

void tree_sum_into(const at::Tensor& out, std::span<const at::Tensor> addends) {
  AT_DISPATCH_FLOATING_TYPES(out.scalar_type(), "tree_sum_into", [&] {
    std::vector<const scalar_t*> sources;
    for (const at::Tensor& addend : addends) sources.push_back(addend.const_data_ptr<scalar_t>());
    auto* sum = out.mutable_data_ptr<scalar_t>();
    for (std::int64_t begin = 0; begin < out.numel(); begin += kBlock)
      sum_block<scalar_t>(sources, begin, std::min(kBlock, out.numel() - begin), sum + begin);
  });
}

}  // namespace ganymede::cpu
