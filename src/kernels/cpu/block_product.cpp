#include "kernels/cpu/block_product.hpp"

#include <ATen/native/CPUBlas.h>
#include <ATen/ops/from_blob.h>

#include "kernels/linear_layer.hpp"

namespace ganymede {
namespace {

at::Tensor matrix(const double* numbers, std::int64_t rows, std::int64_t columns, std::int64_t stride) {
  return at::from_blob(const_cast<double*>(numbers), {rows, columns}, {stride, 1}, at::kDouble);
}

}  // namespace

void add_block(Block<float> sum, bool empty, const BlockSides& sides, Block<const float> left,
               Block<const float> right) {
  at::native::cpublas::brgemm(sides.rows, sides.columns, sides.terms, left.stride, right.stride, sum.stride,
                              /*add_C=*/!empty, left.numbers, right.numbers, sum.numbers);
}

void add_block(Block<double> sum, bool empty, const BlockSides& sides, Block<const double> left,
               Block<const double> right) {
  add_product({.numbers = matrix(sum.numbers, sides.rows, sides.columns, sum.stride), .empty = empty},
              matrix(left.numbers, sides.rows, sides.terms, left.stride),
              matrix(right.numbers, sides.terms, sides.columns, right.stride));
}

}  // namespace ganymede
