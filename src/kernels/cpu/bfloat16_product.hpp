#pragma once

#include "kernels/running_sum.hpp"

namespace ganymede::cpu {

// sum [a, b] += left [terms, a]^T x right [terms, b], of bfloat16 with its rows next to each other, in
// float32: a library that gives the product in bfloat16 rounds what was summed. On processors with products
// of bfloat16 (base/processor.hpp).
void add_bfloat16_product(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right);

}  // namespace ganymede::cpu
