// Compiled with -O3: vectorised.
#include "kernels/cpu/bfloat16.hpp"

#include <bit>

#include "base/vectorised.hpp"

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

}  // namespace ganymede::cpu
