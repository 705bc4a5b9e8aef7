#include "data/loading/pixel_table.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace ganymede {

PixelTable::PixelTable(double low, double high, at::ScalarType dtype) {
  require(at::isFloatingType(dtype), "the dtype of batches is {}; expected a floating one", toString(dtype));
  const at::Tensor numbers = at::empty({256}, at::kDouble);
  for (int pixel = 0; pixel < 256; ++pixel)
    numbers.mutable_data_ptr<double>()[pixel] = pixel / 255.0 * (high - low) + low;
  values_ = numbers.to(dtype);
}

void PixelTable::convert(const std::uint8_t* pixels, std::int64_t count, const at::Tensor& out,
                         std::int64_t first) const {
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, values_.scalar_type(), "convert_pixels", [&] {
    const scalar_t* table = values_.const_data_ptr<scalar_t>();
    scalar_t* numbers = out.mutable_data_ptr<scalar_t>() + first;
    // One load for eight pixels: 0.3 ns a pixel instead of 0.4. The vectorised formula takes 0.2 in float,
    // whose bits differ, and 0.35 in double; AVX2's gather 0.27.
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, pixels + i, sizeof eight);
      if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
      for (int k = 0; k < 8; ++k) numbers[i + k] = table[eight >> 8 * k & 0xFF];
    }
    for (; i < count; ++i) numbers[i] = table[pixels[i]];
  });
}

at::Tensor to_pixels(const at::Tensor& numbers, double low, double high) {
  return numbers.to(at::kDouble).sub(low).mul(255.0 / (high - low)).round().clamp(0, 255).to(at::kByte);
}

}  // namespace ganymede
