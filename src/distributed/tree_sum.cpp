// Compiled with -O3, so that the additions are vectorised.
#include "distributed/tree_sum.hpp"

#include <ATen/Dispatch.h>

#include <array>
#include <bit>

#include "base/error.hpp"
#include "base/vectorised.hpp"

namespace ganymede {
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
    for (const at::Tensor& addend : addends) {
      ensure(addend.numel() == out.numel() && addend.is_contiguous(), "addends have the size of the sum");
      sources.push_back(addend.const_data_ptr<scalar_t>());
    }
    auto* sum = out.mutable_data_ptr<scalar_t>();
    for (std::int64_t begin = 0; begin < out.numel(); begin += kBlock)
      sum_block<scalar_t>(sources, begin, std::min(kBlock, out.numel() - begin), sum + begin);
  });
}

void TreeAccumulator::add(const at::Tensor& piece) {
  std::size_t level = 0;
  for (; level < waiting_.size() && waiting_[level].defined(); ++level) {
    tree_sum_into(piece, std::array{waiting_[level], piece});
    spare_.push_back(std::move(waiting_[level]));
    waiting_[level] = at::Tensor();
  }
  if (level == waiting_.size()) waiting_.emplace_back();
  if (spare_.empty()) {
    waiting_[level] = piece.clone();
  } else {
    waiting_[level] = std::move(spare_.back());
    spare_.pop_back();
    waiting_[level].copy_(piece);
  }
}

void TreeAccumulator::finish(const at::Tensor& last) {
  for (at::Tensor& sum : waiting_) {
    if (!sum.defined()) continue;
    tree_sum_into(last, std::array{sum, last});
    spare_.push_back(std::move(sum));
    sum = at::Tensor();
  }
}

}  // namespace ganymede
