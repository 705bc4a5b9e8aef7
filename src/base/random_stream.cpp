// Compiled with -O3 and -ffp-contract=off: vectorised, and no fused multiply-add, so that the bits are the
// same on every x86-64 machine.
#include "base/random_stream.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.hpp"
#include "base/random_numbers.hpp"
#include "base/vectorised.hpp"

namespace ganymede {
namespace {

constexpr int kBlocks = 64;  // Philox blocks computed side by side, so that the compiler can vectorise
constexpr int kWords = 4 * kBlocks;

struct Block {
  std::array<std::uint32_t, kWords> words;  // [block][4]
};

// Consecutive blocks of consecutive places, blocks_per_place of each, from number `first` on.
GANYMEDE_VECTORISED void philox(std::uint64_t seed, std::uint32_t first_place, std::int64_t first,
                                std::int64_t blocks_per_place, std::uint32_t step, std::uint32_t stream,
                                Block& out) {
  std::uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  auto place = static_cast<std::uint32_t>(first / blocks_per_place);
  auto block = static_cast<std::uint32_t>(first % blocks_per_place);
  for (int i = 0; i < kBlocks; ++i) {
    c0[i] = block;
    c1[i] = first_place + place;
    c2[i] = step;
    c3[i] = stream;
    if (++block == blocks_per_place) {
      block = 0;
      ++place;
    }
  }
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    for (int i = 0; i < kBlocks; ++i) {
      const PhiloxWords next = philox_round({c0[i], c1[i], c2[i], c3[i]}, key0, key1);
      c0[i] = next.w0;
      c1[i] = next.w1;
      c2[i] = next.w2;
      c3[i] = next.w3;
    }
    key0 += kPhiloxStep0;
    key1 += kPhiloxStep1;
  }
  for (int i = 0; i < kBlocks; ++i) {
    out.words[4 * i] = c0[i];
    out.words[4 * i + 1] = c1[i];
    out.words[4 * i + 2] = c2[i];
    out.words[4 * i + 3] = c3[i];
  }
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
  Block block;
  std::array<T, kWords> values;
  for (std::int64_t first = 0; first < places * blocks_per_place; first += kBlocks) {
    philox(seed_, first_place, first, blocks_per_place, step_, stream_, block);
    convert(block.words, values);
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
  fill(out, first_place, elements_per_place, [](const auto& words, auto& values) {
    for (int i = 0; i < kWords; ++i) values[i] = to_uniform(words[i]);
  });
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
