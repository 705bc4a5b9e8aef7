// Counter-based random numbers: every number is a function of (seed, stream, step, place in the global
// batch, element), never of a rank or of what was drawn before, so there is no generator state to save.
//
// Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
//   key     = (seed bits 0-31, seed bits 32-63)
//   counter = (element / 4, place, step, stream), each 32 bits
//   element e of a place is word e % 4 of its block
//   stream  = purpose << 24 | network << 20 | layer << 12 | pass << 8 | iteration
// Words become floats like this (tests/reference/random_streams.py is the numpy copy):
//   uniform: (word >> 8) * 2^-24, in [0, 1)
//   normal:  Box-Muller on the pair of words (2k, 2k+1) in double, by series of +, *, / and sqrt alone, so
//            that the bits do not depend on a maths library; see random_numbers.hpp
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

namespace ganymede {

// What is drawn, where any procedure draws it. A procedure's own purposes have other numbers.
enum class Purpose : std::uint8_t {
  initialize = 1,
  shuffle = 2,
  dropout = 4,
  augment = 6,
  synthesize = 7,  // samples of a dataset that the program makes
  power_iteration = 10,
  test = 255
};

// A small number that its users name by an enum of their own: a purpose, a network, a pass.
struct StreamCode {
  std::uint8_t number = 0;

  constexpr StreamCode() = default;
  template <typename Enum>
  requires std::is_enum_v<Enum>
  constexpr StreamCode(Enum named) : number(static_cast<std::uint8_t>(named)) {}
  bool operator==(const StreamCode&) const = default;
};

struct StreamId {
  StreamCode purpose;
  StreamCode network = {};     // below 16; 0: of none
  std::uint8_t layer = 0;      // of a network; of data the source
  StreamCode pass = {};        // below 16: which batch is passing through the network
  std::uint8_t iteration = 0;  // of those that a step has; of data the part

  std::uint32_t word() const;
};

// The numbers of one stream at one step.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, StreamId stream, std::uint32_t step)
      : seed_(seed), stream_(stream.word()), step_(step) {}

  // Each fills out[place][element] for consecutive places, row-major: out.size() is a multiple of
  // elements_per_place. first_place + places and elements_per_place / 4 stay below 2^32.
  void words(std::span<std::uint32_t> out, std::uint32_t first_place, std::int64_t elements_per_place) const;
  void uniform(std::span<float> out, std::uint32_t first_place, std::int64_t elements_per_place) const;
  void normal(std::span<float> out, std::uint32_t first_place, std::int64_t elements_per_place) const;

  // What of key and counter all its numbers share.
  std::uint64_t seed() const { return seed_; }
  std::uint32_t stream() const { return stream_; }
  std::uint32_t step() const { return step_; }

 private:
  template <typename T, typename Convert>
  void fill(std::span<T> out, std::uint32_t first_place, std::int64_t elements_per_place,
            Convert convert) const;

  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint32_t step_;
};

// A word as one of 0 .. count - 1, for count up to 2^32: multiply-shift, whose bias is below count / 2^32.
inline std::uint64_t below(std::uint64_t count, std::uint32_t word) {
  return word * count >> 32;
}

// A permutation of 0 .. n-1, the same on every machine: Fisher-Yates on the words of place `place`.
void shuffle(std::span<std::int64_t> values, const RandomStream& stream, std::uint32_t place);

}  // namespace ganymede
