// JPEG pictures as tensors, uint8 [channels, height, width], with 1 (grey) or 3 (RGB) channels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace ganymede {

// `file` is what errors call it. Throws DataError if it is not a whole JPEG, is too large, or has four
// colours (CMYK). An orientation in its EXIF data is not applied.
at::Tensor decode_jpeg(std::span<const std::uint8_t> bytes, const std::filesystem::path& file);

}  // namespace ganymede
