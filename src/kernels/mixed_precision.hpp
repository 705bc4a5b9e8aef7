// Mixed precision: matrix products and convolutions of float32 in bfloat16, everything else in float32
// (Micikevicius et al. 2018; bfloat16 has float32's range, so losses need no scale).
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// While one lives, operand() rounds, in this thread. An inner one says what holds.
class MixedPrecision {
 public:
  explicit MixedPrecision(bool on);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

  static bool is_on();

 private:
  const bool before_;
};

// A factor of a product: rounded to bfloat16 in mixed precision where it is float32, else itself. Autograd
// differentiates it.
at::Tensor operand(const at::Tensor& factor);
// left x right of matrices, in the precision of the left: rounded to bfloat16 on the way, in mixed precision.
at::Tensor product(const at::Tensor& left, const at::Tensor& right);

}  // namespace ganymede
