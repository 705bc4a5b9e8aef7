// JPEG pictures as tensors, uint8 [channels, height, width], with 1 (grey) or 3 (RGB) channels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace ganymede {

// As viewers show it: upright by the orientation in its EXIF data, four colours (CMYK, YCCK) as RGB. Bytes
// too many, and a missing marker of the end, do no harm. `file` is what errors call it. Throws DataError if
// pixels are missing or damaged, or too many.
at::Tensor decode_jpeg(std::span<const std::uint8_t> bytes, const std::filesystem::path& file);

}  // namespace ganymede
