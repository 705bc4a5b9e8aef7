// Products of bfloat16 whose sums are float32, by the library's kernel for blocks: a product that it gives in
// bfloat16 rounds what was summed.
#pragma once

#include "kernels/running_sum.hpp"

namespace ganymede::cpu {

// Whether the library has that kernel here: where the processor multiplies bfloat16 by instructions of its
// own, unless the environment forbids it to use them. What follows needs it, and so does
// bfloat16_patches.hpp.
bool multiplies_bfloat16_blocks();

// sum [a, b] += left [terms, a]^T x right [terms, b], of bfloat16 with its rows next to each other.
void add_bfloat16_product(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right);

}  // namespace ganymede::cpu
