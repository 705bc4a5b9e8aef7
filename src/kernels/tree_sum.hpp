// Sums along a binary tree: of the addends' first largest power of two, plus those after it, each summed
// likewise. For 2^k addends that is the complete tree ((0 + 1) + (2 + 3)) + ..., and neighbouring subtrees
// can be summed by different ranks or hosts without changing a bit. All forms give the same bits.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// out = sum of the addends; all of one size and dtype (float32 or float64), contiguous. `out` may be one of
// them.
GANYMEDE_OPERATION(void tree_sum_into(const at::Tensor& out, std::span<const at::Tensor> addends))

}  // namespace ganymede
