#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// images [rows, channels, height, width] with `margin` pixels on each side, mirrored at the edges: what
// at::reflection_pad2d gives. Its backward pass has the same bits each time, on a GPU, too, where that of
// ATen adds up in any order.
at::Tensor pad_by_reflection(const at::Tensor& images, std::int64_t margin);

}  // namespace ganymede
