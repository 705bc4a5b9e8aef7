// How a camera was held, as EXIF data say it: the pixels of a picture lie as the sensor does.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace ganymede {

// Tag 0x0112 of the first directory of EXIF data, which begin with the header of TIFF ("II" or "MM"): 1 to 8.
// 1, upright, where the tag is missing or makes no sense.
int exif_orientation(std::span<const std::uint8_t> tiff);

// [channels, height, width] as it is to be seen; from 5 on height and width change places.
at::Tensor turn_upright(const at::Tensor& image, int orientation);

}  // namespace ganymede
