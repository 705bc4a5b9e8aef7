// Images of any size to images of one size.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/image_shape.hpp"

namespace ganymede {

// `image` is uint8 [1 or 3, any height, any width]; the result is uint8 [shape]. The largest centred part of
// the wanted proportions is cut out and resized bilinearly with antialiasing, as Pillow's BILINEAR: each
// pixel of a smaller image is an average over all that it covers, and no value overshoots, as bicubic ones
// do. An image that has the size is left as it is. Grey is 0.299 R + 0.587 G + 0.114 B; colour out of grey is
// R = G = B.
at::Tensor fit_image(const at::Tensor& image, const ImageShape& shape);

}  // namespace ganymede
