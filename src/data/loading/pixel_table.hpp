// Pixels 0 .. 255 to numbers low .. high: x / 255 * (high - low) + low, computed once per value in double.
// A table is as fast as the formula and gives the same bits on every machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ganymede {

class PixelTable {
 public:
  // For any floating dtype.
  PixelTable(double low, double high, at::ScalarType dtype);

  // Into `out`, contiguous and of the table's dtype, from its element `first` on.
  void convert(const std::uint8_t* pixels, std::int64_t count, const at::Tensor& out,
               std::int64_t first) const;

 private:
  at::Tensor values_;  // [256]
};

// The way back: the nearest of 0 .. 255 to each number, uint8; numbers outside low .. high are cut off.
at::Tensor to_pixels(const at::Tensor& numbers, double low, double high);

}  // namespace ganymede
