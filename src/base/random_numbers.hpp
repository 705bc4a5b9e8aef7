// The arithmetic of random streams (random_stream.hpp), one number at a time: the same bits wherever it runs
// without fused multiply-add.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace ganymede {

// A Philox counter on its way to four words.
struct PhiloxWords {
  std::uint32_t w0, w1, w2, w3;
};

inline constexpr int kPhiloxRounds = 10;
inline constexpr std::uint32_t kPhiloxFactor0 = 0xD2511F53U, kPhiloxFactor1 = 0xCD9E8D57U;
inline constexpr std::uint32_t kPhiloxStep0 = 0x9E3779B9U, kPhiloxStep1 = 0xBB67AE85U;  // of the key, a round

GANYMEDE_HOST_DEVICE PhiloxWords philox_round(PhiloxWords c, std::uint32_t key0, std::uint32_t key1) {
  const std::uint64_t product0 = std::uint64_t{kPhiloxFactor0} * c.w0;
  const std::uint64_t product1 = std::uint64_t{kPhiloxFactor1} * c.w2;
  return {static_cast<std::uint32_t>(product1 >> 32) ^ c.w1 ^ key0, static_cast<std::uint32_t>(product1),
          static_cast<std::uint32_t>(product0 >> 32) ^ c.w3 ^ key1, static_cast<std::uint32_t>(product0)};
}

GANYMEDE_HOST_DEVICE PhiloxWords philox_words(PhiloxWords counter, std::uint64_t seed) {
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    counter = philox_round(counter, key0, key1);
    key0 += kPhiloxStep0;
    key1 += kPhiloxStep1;
  }
  return counter;
}

GANYMEDE_HOST_DEVICE float to_uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

// Natural logarithm of a normal positive double, relative error below 1e-13: x = 2^e m with m in
// [2/3, 4/3), then 2 atanh((m - 1) / (m + 1)) by its series.
GANYMEDE_HOST_DEVICE double series_log(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  const double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFLL) | 0x3FF0000000000000LL);
  const bool halved = m > 4.0 / 3.0;
  const double mantissa = halved ? m * 0.5 : m;
  const double exponent =
      static_cast<double>(static_cast<std::int32_t>(bits >> 52) - 1023 + (halved ? 1 : 0));
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double s2 = s * s;
  double sum = 0.0;
  for (int k = 19; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
  return 2.0 * s * sum + exponent * 0.6931471805599453;
}

// cos and sin of 2 pi t for t in [0, 1): the quarter turn by its number, the rest by Taylor series on
// [-pi/4, pi/4], error below 1e-13.
struct CosSin {
  double cos, sin;
};
GANYMEDE_HOST_DEVICE CosSin series_cos_sin(double t) {
  const auto quarter = static_cast<std::int32_t>(4.0 * t + 0.5);
  const double angle = (4.0 * t - quarter) * 1.5707963267948966;
  const double square = angle * angle;
  double cosine = 0.0, sine = 0.0;
  for (int k = 7; k >= 1; --k) {
    cosine = (cosine + 1.0) * (-square / ((2 * k - 1) * (2 * k)));
    sine = (sine + 1.0) * (-square / ((2 * k) * (2 * k + 1)));
  }
  cosine = cosine + 1.0;
  sine = (sine + 1.0) * angle;
  // Turns by one quarter after another: (cos, sin), (-sin, cos), (-cos, -sin), (sin, -cos).
  const bool odd = (quarter & 1) != 0;
  const double x = odd ? sine : cosine, y = odd ? cosine : sine;
  return {((quarter + 1) & 2) != 0 ? -x : x, (quarter & 2) != 0 ? -y : y};
}

// Box-Muller makes of a pair of words the numbers radius_of(above_zero(first)) x
// series_cos_sin(turn_of(second)). 2^-33 keeps the logarithm's argument above 0; the angle has 32 bits.
GANYMEDE_HOST_DEVICE double above_zero(std::uint32_t word) {
  return word * 0x1p-32 + 0x1p-33;
}
GANYMEDE_HOST_DEVICE double radius_of(double above_zero) {
  return std::sqrt(-2.0 * series_log(above_zero));
}
GANYMEDE_HOST_DEVICE double turn_of(std::uint32_t word) {
  return word * 0x1p-32;
}

}  // namespace ganymede
