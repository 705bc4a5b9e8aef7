// Compiled with -O3 and -ffp-contract=off: vectorised, and no fused multiply-add, so that the bits are the
// same on every x86-64 machine.
#include "base/random_stream.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "base/random_numbers.hpp"
#include "base/vectorised.hpp"

namespace ganymede {
namespace {

constexpr int kBlocks = 64;  // Philox blocks computed side by side, in vectors
constexpr int kWords = 4 * kBlocks;

// Their counters, which become words: [number of the word][block], each in the lower half of 64 bits; what
// the upper halves are is not said.
struct Block {
  alignas(64) std::uint64_t words[4][kBlocks];
};

GANYMEDE_VECTORISED void do_rounds(std::uint64_t seed, Block& block) {
  auto& [c0, c1, c2, c3] = block.words;
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    for (int i = 0; i < kBlocks; ++i) {
      const PhiloxWords next =
          philox_round({static_cast<std::uint32_t>(c0[i]), static_cast<std::uint32_t>(c1[i]),
                        static_cast<std::uint32_t>(c2[i]), static_cast<std::uint32_t>(c3[i])},
                       key0, key1);
      c0[i] = next.w0;
      c1[i] = next.w1;
      c2[i] = next.w2;
      c3[i] = next.w3;
    }
    key0 += kPhiloxStep0;
    key1 += kPhiloxStep1;
  }
}

#ifdef __x86_64__
using Lanes = std::uint64_t __attribute__((vector_size(64)));

__attribute__((target("avx512f"))) inline Lanes product_of_halves(const Lanes& left, const Lanes& right) {
  return (Lanes)_mm512_maskz_mul_epu32(0xff, (__m512i)left, (__m512i)right);
}

// The same with the instruction that multiplies lower halves. The compiler does not find it: it multiplies
// all 64 bits, which takes three times as long.
__attribute__((target("avx512f"))) void do_rounds_by_halves(std::uint64_t seed, Block& block) {
  constexpr int kTogether = 4;  // vectors, which hides how long a product takes
  constexpr int kLanes = sizeof(Lanes) / sizeof(std::uint64_t);
  for (int first = 0; first < kBlocks; first += kTogether * kLanes) {
    Lanes counters[4][kTogether];
    for (int word = 0; word < 4; ++word)
      std::memcpy(counters[word], block.words[word] + first, sizeof counters[word]);
    auto& [c0, c1, c2, c3] = counters;
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < kPhiloxRounds; ++round) {
      for (int i = 0; i < kTogether; ++i) {
        const Lanes product0 = product_of_halves(c0[i], Lanes{} + kPhiloxFactor0),
                    product1 = product_of_halves(c2[i], Lanes{} + kPhiloxFactor1);
        c0[i] = product1 >> 32 ^ c1[i] ^ key0;
        c1[i] = product1;
        c2[i] = product0 >> 32 ^ c3[i] ^ key1;
        c3[i] = product0;
      }
      key0 += kPhiloxStep0;
      key1 += kPhiloxStep1;
    }
    for (int word = 0; word < 4; ++word)
      std::memcpy(block.words[word] + first, counters[word], sizeof counters[word]);
  }
}
#endif

GANYMEDE_VECTORISED void interleave(const Block& block, std::uint32_t* words) {
  for (int i = 0; i < kBlocks; ++i)
    for (int word = 0; word < 4; ++word)
      words[4 * i + word] = static_cast<std::uint32_t>(block.words[word][i]);
}

// Consecutive blocks of consecutive places, blocks_per_place of each, from number `first` on.
void philox(std::uint64_t seed, std::uint32_t first_place, std::int64_t first, std::int64_t blocks_per_place,
            std::uint32_t step, std::uint32_t stream, std::uint32_t* words) {
  auto place = static_cast<std::uint32_t>(first / blocks_per_place);
  auto in_place = static_cast<std::uint32_t>(first % blocks_per_place);
  Block block;
  for (int i = 0; i < kBlocks; ++i) {
    block.words[0][i] = in_place;
    block.words[1][i] = first_place + place;
    block.words[2][i] = step;
    block.words[3][i] = stream;
    if (++in_place == blocks_per_place) {
      in_place = 0;
      ++place;
    }
  }
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f"))
    do_rounds_by_halves(seed, block);
  else
#endif
    do_rounds(seed, block);
  interleave(block, words);
}

GANYMEDE_VECTORISED void words_to_uniform(const std::uint32_t* words, float* uniform) {
  for (int i = 0; i < kWords; ++i) uniform[i] = to_uniform(words[i]);
}

// Box-Muller on consecutive pairs of words. Without branches, so that the compiler can vectorise it.
GANYMEDE_VECTORISED void box_muller(const std::uint32_t* words, float* normal) {
  double radius[kWords / 2], turn[kWords / 2];
  for (int i = 0; i < kWords / 2; ++i) {
    radius[i] = above_zero(words[2 * i]);
    turn[i] = turn_of(words[2 * i + 1]);
  }
  for (int i = 0; i < kWords / 2; ++i) radius[i] = radius_of(radius[i]);
  for (int i = 0; i < kWords / 2; ++i) {
    const CosSin direction = series_cos_sin(turn[i]);
    normal[2 * i] = static_cast<float>(radius[i] * direction.cos);
    normal[2 * i + 1] = static_cast<float>(radius[i] * direction.sin);
  }
}

}  // namespace

std::uint32_t StreamId::word() const {
  ensure(network.number < 16 && pass.number < 16, "stream fields fit their bits");
  return std::uint32_t{purpose.number} << 24 | std::uint32_t{network.number} << 20 |
         std::uint32_t{layer} << 12 | std::uint32_t{pass.number} << 8 | iteration;
}

template <typename T, typename Convert>
void RandomStream::fill(std::span<T> out, std::uint32_t first_place, std::int64_t elements_per_place,
                        Convert convert) const {
  if (out.empty()) return;
  ensure(elements_per_place > 0 && static_cast<std::int64_t>(out.size()) % elements_per_place == 0,
         "a stream fills whole places");
  const std::int64_t places = static_cast<std::int64_t>(out.size()) / elements_per_place;
  const std::int64_t blocks_per_place = (elements_per_place + 3) / 4;
  std::array<std::uint32_t, kWords> words;
  std::array<T, kWords> values;
  for (std::int64_t first = 0; first < places * blocks_per_place; first += kBlocks) {
    philox(seed_, first_place, first, blocks_per_place, step_, stream_, words.data());
    convert(words, values);
    // The blocks of one place after another; a place's last block may have more words than it needs.
    const std::int64_t end = std::min(first + kBlocks, places * blocks_per_place);
    for (std::int64_t begin = first; begin < end;) {
      const std::int64_t place = begin / blocks_per_place, in_place = begin % blocks_per_place;
      const std::int64_t blocks = std::min(end - begin, blocks_per_place - in_place);
      const std::int64_t count = std::min(4 * blocks, elements_per_place - 4 * in_place);
      std::copy_n(values.begin() + 4 * (begin - first), count,
                  out.data() + place * elements_per_place + 4 * in_place);
      begin += blocks;
    }
  }
}

void RandomStream::words(std::span<std::uint32_t> out, std::uint32_t first_place,
                         std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place, [](const auto& words, auto& values) { values = words; });
}

void RandomStream::uniform(std::span<float> out, std::uint32_t first_place,
                           std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place,
       [](const auto& words, auto& values) { words_to_uniform(words.data(), values.data()); });
}

void RandomStream::normal(std::span<float> out, std::uint32_t first_place,
                          std::int64_t elements_per_place) const {
  fill(out, first_place, elements_per_place,
       [](const auto& words, auto& values) { box_muller(words.data(), values.data()); });
}

void shuffle(std::span<std::int64_t> values, const RandomStream& stream, std::uint32_t place) {
  if (values.size() < 2) return;
  ensure(values.size() < (std::size_t{1} << 32), "a shuffle has fewer than 2^32 values");
  std::vector<std::uint32_t> words(values.size());
  stream.words(words, place, static_cast<std::int64_t>(words.size()));
  for (std::size_t i = values.size() - 1; i > 0; --i) {
    std::swap(values[i], values[below(i + 1, words[i])]);
  }
}

}  // namespace ganymede
