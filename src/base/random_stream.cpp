// Compiled with -O3 and -ffp-contract=off: vectorised, and no fused multiply-add, so that the bits are the
// same on every x86-64 machine.
#include "base/random_stream.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/vectorised.hpp"

namespace ganymede {
namespace {

constexpr int kBlocks = 64;  // Philox blocks computed side by side, so that the compiler can vectorise
constexpr int kWords = 4 * kBlocks;

struct Block {
  std::array<std::uint32_t, kWords> words;  // [block][4]
};

// Blocks first_block .. first_block + kBlocks - 1 of one place.
GANYMEDE_VECTORISED void philox(std::uint64_t seed, std::uint32_t first_block, std::uint32_t place,
                                std::uint32_t step, std::uint32_t stream, Block& out) {
  std::uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    c0[i] = first_block + static_cast<std::uint32_t>(i);
    c1[i] = place;
    c2[i] = step;
    c3[i] = stream;
  }
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kBlocks; ++i) {
      const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * c0[i];
      const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * c2[i];
      c0[i] = static_cast<std::uint32_t>(product1 >> 32) ^ c1[i] ^ key0;
      c1[i] = static_cast<std::uint32_t>(product1);
      c2[i] = static_cast<std::uint32_t>(product0 >> 32) ^ c3[i] ^ key1;
      c3[i] = static_cast<std::uint32_t>(product0);
    }
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  for (int i = 0; i < kBlocks; ++i) {
    out.words[4 * i] = c0[i];
    out.words[4 * i + 1] = c1[i];
    out.words[4 * i + 2] = c2[i];
    out.words[4 * i + 3] = c3[i];
  }
}

float to_uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

// Natural logarithm of a normal positive double, relative error below 1e-13: x = 2^e m with m in
// [2/3, 4/3), then 2 atanh((m - 1) / (m + 1)) by its series.
double series_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (m > 4.0 / 3.0) {
    m *= 0.5;
    exponent += 1;
  }
  const double s = (m - 1.0) / (m + 1.0);
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
CosSin series_cos_sin(double t) {
  const double quarter = std::floor(4.0 * t + 0.5);
  const double angle = (4.0 * t - quarter) * 1.5707963267948966;
  const double square = angle * angle;
  double cosine = 0.0, sine = 0.0;
  for (int k = 7; k >= 1; --k) {
    cosine = (cosine + 1.0) * (-square / ((2 * k - 1) * (2 * k)));
    sine = (sine + 1.0) * (-square / ((2 * k) * (2 * k + 1)));
  }
  cosine = cosine + 1.0;
  sine = (sine + 1.0) * angle;
  switch (static_cast<int>(quarter) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace

std::uint32_t StreamId::word() const {
  ensure(static_cast<int>(network) < 16 && static_cast<int>(pass) < 16, "stream fields fit their bits");
  return static_cast<std::uint32_t>(purpose) << 24 | static_cast<std::uint32_t>(network) << 20 |
         static_cast<std::uint32_t>(layer) << 12 | static_cast<std::uint32_t>(pass) << 8 | critic_iteration;
}

template <typename T, typename Convert>
void RandomStream::fill(std::span<T> out, std::uint32_t first_place, std::int64_t elements_per_place,
                        Convert convert) const {
  if (out.empty()) return;
  ensure(elements_per_place > 0 && static_cast<std::int64_t>(out.size()) % elements_per_place == 0,
         "a stream fills whole places");
  const std::int64_t places = static_cast<std::int64_t>(out.size()) / elements_per_place;
  Block block;
  std::array<T, kWords> values;
  for (std::int64_t p = 0; p < places; ++p) {
    T* row = out.data() + p * elements_per_place;
    for (std::int64_t begin = 0; begin < elements_per_place; begin += kWords) {
      philox(seed_, static_cast<std::uint32_t>(begin / 4), first_place + static_cast<std::uint32_t>(p), step_,
             stream_, block);
      convert(block.words, values);
      const auto count = std::min<std::int64_t>(kWords, elements_per_place - begin);
      std::copy_n(values.begin(), count, row + begin);
    }
  }
}

void RandomStream::words(std::span<std::uint32_t> out, std::uint32_t first_place,
                         std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place, [](const auto& words, auto& values) { values = words; });
}

void RandomStream::uniform(std::span<float> out, std::uint32_t first_place,
                           std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place, [](const auto& words, auto& values) {
    for (int i = 0; i < kWords; ++i) values[i] = to_uniform(words[i]);
  });
}

void RandomStream::normal(std::span<float> out, std::uint32_t first_place,
                          std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place, [](const auto& words, auto& values) {
    for (int i = 0; i < kWords; i += 2) {
      // 2^-33 keeps the logarithm's argument above 0; the angle has 32 bits.
      const double radius = std::sqrt(-2.0 * series_log(words[i] * 0x1p-32 + 0x1p-33));
      const CosSin angle = series_cos_sin(words[i + 1] * 0x1p-32);
      values[i] = static_cast<float>(radius * angle.cos);
      values[i + 1] = static_cast<float>(radius * angle.sin);
    }
  });
}

void shuffle(std::span<std::int64_t> values, const RandomStream& stream, std::uint32_t place) {
  if (values.size() < 2) return;
  ensure(values.size() < (std::size_t{1} << 32), "a shuffle has fewer than 2^32 values");
  std::vector<std::uint32_t> words(values.size());
  stream.words(words, place, static_cast<std::int64_t>(words.size()));
  for (std::size_t i = values.size() - 1; i > 0; --i) {
    // Multiply-shift maps the word to 0 .. i; its bias is below i / 2^32.
    const std::size_t j = (std::uint64_t{words[i]} * (i + 1)) >> 32;
    std::swap(values[i], values[j]);
  }
}

}  // namespace ganymede
