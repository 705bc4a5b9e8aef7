// Norms of buffers that ranks share, in double. Of the CPU's form the order depends on the size alone.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// sums[b], float64, = sum of squares of the numbers from b x block on, `block` of them or as many as are
// left.
GANYMEDE_OPERATION(void sums_of_squares(const at::Tensor& numbers, std::int64_t block,
                                        const at::Tensor& sums))

// Of float64 numbers, one after another; a float64 number where they are.
GANYMEDE_OPERATION(at::Tensor sum_in_order(const at::Tensor& numbers))

}  // namespace ganymede
