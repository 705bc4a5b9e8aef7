// Memory that is used again and again: tensors whose memory returns by itself when the last of them, and of
// their views, is gone. A step then needs no memory of its own, whose fresh pages would cost more than what
// is written to them.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace ganymede {

// One thread takes; tensors may be dropped by any.
class TensorPool {
 public:
  explicit TensorPool(at::ScalarType dtype) : dtype_(dtype) {}

  // Contiguous, with any contents. Memory that somebody still holds stays untouched: the pool then grows.
  at::Tensor take(at::IntArrayRef sizes);

 private:
  at::ScalarType dtype_;
  std::vector<at::Storage> memory_;
};

}  // namespace ganymede
