// Memory that is used again and again: tensors whose memory returns by itself when the last of them, and of
// their views, is gone. A step then needs no memory of its own, whose fresh pages would cost more than what
// is written to them.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <vector>

namespace ganymede {

// One thread takes; tensors may be dropped by any.
class TensorPool {
 public:
  // options: the dtype, and whether the memory is pinned.
  explicit TensorPool(at::TensorOptions options) : options_(options) {}

  // Contiguous, with any contents. Memory that somebody still holds stays untouched: the pool then grows.
  at::Tensor take(at::IntArrayRef sizes);

 private:
  at::TensorOptions options_;
  std::vector<at::Storage> memory_;
};

}  // namespace ganymede
