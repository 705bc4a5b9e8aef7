// PNG pictures as tensors, uint8 [channels, height, width], with 1 (grey) or 3 (RGB) channels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace ganymede {

// Throws UserError if the file cannot be written.
void write_png(const std::filesystem::path& file, const at::Tensor& image);

// Palettes become RGB, 16 bits become 8, transparent pixels are laid over black as viewers do, and EXIF data
// may say how to turn it upright. Throws UserError if the file cannot be read, DataError if it is not a whole
// PNG or has too many pixels.
at::Tensor read_png(const std::filesystem::path& file);
// The same from memory; `file` is what errors call it.
at::Tensor decode_png(std::span<const std::uint8_t> bytes, const std::filesystem::path& file);

}  // namespace ganymede
