#include "kernels/cpu/bfloat16_product.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "base/processor.hpp"
#include "kernels/cpu/bfloat16.hpp"

namespace ganymede::cpu {
namespace {

bool try_block() {
  if (!has_bfloat16_products()) return false;
  const at::BFloat16 pair[2] = {1.0F, 1.0F};
  float sum = 0;
  try {
    at::native::cpublas::brgemm(1, 1, 2, 2, 1, 1, /*add_C=*/false, pair, pair, &sum);
    at::native::cpublas::brgemm_release();
  } catch (const std::exception&) {
    return false;
  }
  return sum == 2;
}

}  // namespace

bool multiplies_bfloat16_blocks() {
  static const bool multiplies = try_block();
  return multiplies;
}

void add_bfloat16_product(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right) {
  constexpr std::int64_t kRows = 128, kTerms = 256;  // of blocks
  const std::int64_t terms = left.size(0), rows = left.size(1), columns = right.size(1);
  const auto* const lefts = left.const_data_ptr<at::BFloat16>();
  const auto* const rights = right.const_data_ptr<at::BFloat16>();
  auto* const sums = sum.numbers.mutable_data_ptr<float>();
  const at::BFloat16 zero(0.0F);
  std::vector<std::uint32_t> pairs(static_cast<std::size_t>((std::min(terms, kTerms) + 1) / 2 * columns));
  const std::vector<at::BFloat16> zeros(static_cast<std::size_t>(columns), zero);
  for (std::int64_t first = 0; first < terms; first += kTerms) {
    const std::int64_t count = std::min(kTerms, terms - first), even = (count + 1) / 2 * 2;
    for (std::int64_t term = 0; term < count; term += 2) {
      const auto* const row = rights + (first + term) * columns;
      pair(row, term + 1 < count ? row + columns : zeros.data(), columns, pairs.data() + term / 2 * columns);
    }
    at::parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<at::BFloat16> block(static_cast<std::size_t>(kRows * even), zero);
      for (std::int64_t row = begin * kRows; row < std::min(end * kRows, rows); row += kRows) {
        const std::int64_t height = std::min(kRows, rows - row);
        transpose(lefts + first * rows + row, rows, count, height, block.data(), even);
        at::native::cpublas::brgemm(height, columns, even, even, columns, columns,
                                    /*add_C=*/first > 0 || !sum.empty, block.data(),
                                    reinterpret_cast<const at::BFloat16*>(pairs.data()),
                                    sums + row * columns);
      }
      at::native::cpublas::brgemm_release();
    });
  }
}

}  // namespace ganymede::cpu
