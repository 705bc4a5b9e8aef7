// Tokens drawn by a network's laws.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// The tokens [rows] that uniform numbers [rows] pick by the laws softmax(logits) [rows, vocabulary]; of
// numbers [times, rows], [times, rows] tokens, so many by each law. The first at which the sum of the
// probabilities up to it passes the number. The forms add in different orders: they differ where a number
// lies within rounding of such a sum.
GANYMEDE_OPERATION(at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform))

}  // namespace ganymede
