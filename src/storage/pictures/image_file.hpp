// Picture files, PNG or JPEG, as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace ganymede {

// uint8 [1 or 3 channels, height, width]. The file's first bytes say what it is, not its name. Throws
// UserError if it cannot be read, DataError if it is neither PNG nor JPEG, damaged, or has too many pixels.
at::Tensor read_image(const std::filesystem::path& file);

}  // namespace ganymede
