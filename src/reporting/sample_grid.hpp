// Images side by side in one PNG, as a person wants to see them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace ganymede {

// images [count, channels, height, width] in [low, high] become a grid of so many columns (0: as square as
// count allows), rows filled from the left, small images enlarged by a whole factor. One or two channels show
// the first as grey, three or more the first three as colours; what is not a number is black. Returns uint8
// [1 or 3, grid height, grid width].
at::Tensor make_sample_grid(const at::Tensor& images, double low, double high, std::int64_t columns = 0);

void write_sample_grid(const std::filesystem::path& file, const at::Tensor& images, double low, double high,
                       std::int64_t columns = 0);

}  // namespace ganymede
