// Which rows of a batch are unlike each other.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

// For each of the `count` rows from `first` on the next row, behind the last the first, that is another one
// and has another label, where labels int64 [size] are defined; its own number where there is none. int64
// [count], of rows int64 [size, length], contiguous.
GANYMEDE_OPERATION(at::Tensor next_different_rows(const at::Tensor& rows, const at::Tensor& labels,
                                                  std::int64_t first, std::int64_t count))

}  // namespace ganymede
