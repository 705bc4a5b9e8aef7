// Compiled with -O3: vectorised.
#include "kernels/cpu/bfloat16.hpp"

#include <bit>

#include "base/vectorised.hpp"
#include "kernels/cpu/transpose.hpp"

namespace ganymede::cpu {
namespace {

// To the nearest, of two to the even one; of what is no number the upper half might be infinite.
std::uint16_t upper_half(std::uint32_t bits) {
  const bool is_number = (bits & 0x7fff'ffff) <= 0x7f80'0000;
  const std::uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  return static_cast<std::uint16_t>(is_number ? rounded >> 16 : 0x7fc0);
}

}  // namespace

GANYMEDE_VECTORISED void convert(const float* from, at::BFloat16* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i].x = upper_half(std::bit_cast<std::uint32_t>(from[i]));
}

GANYMEDE_VECTORISED void convert(const at::BFloat16* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i].x) << 16);
}

GANYMEDE_VECTORISED void pair(const at::BFloat16* first, const at::BFloat16* second, std::int64_t count,
                              std::uint32_t* pairs) {
  for (std::int64_t i = 0; i < count; ++i)
    pairs[i] = first[i].x | static_cast<std::uint32_t>(second[i].x) << 16;
}

GANYMEDE_VECTORISED void transpose(const at::BFloat16* from, std::int64_t from_stride, std::int64_t rows,
                                   std::int64_t columns, at::BFloat16* to, std::int64_t to_stride) {
  ganymede::transpose(reinterpret_cast<const std::uint16_t*>(from), from_stride, rows, columns,
                      reinterpret_cast<std::uint16_t*>(to), to_stride);
}

}  // namespace ganymede::cpu
