// Numbers in another dtype; between float32 and bfloat16 by loops of our own, which to bfloat16 take three
// quarters of the time of ATen's, back from it half.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// numbers.to(dtype), bit for bit (bfloat16 is the nearest, of two the even one); autograd differentiates it,
// as often as asked.
at::Tensor converted(const at::Tensor& numbers, at::ScalarType dtype);

// to = from, of the same shape. Autograd does not see it.
void convert_into(const at::Tensor& to, const at::Tensor& from);

}  // namespace ganymede
