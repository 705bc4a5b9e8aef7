// Counter-based random numbers: every number is a function of (seed, stream, step, place in the global
// batch, element), never of a rank or of what was drawn before, so there is no generator state to save.
//
// Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
//   key     = (seed bits 0-31, seed bits 32-63)
//   counter = (element / 4, place, step, stream), each 32 bits
//   element e of a place is word e % 4 of its block
//   stream  = purpose << 24 | network << 20 | layer << 12 | pass << 8 | critic iteration
// Words become floats like this (tests/reference/random_streams.py is the numpy copy):
//   uniform: (word >> 8) * 2^-24, in [0, 1)
//   normal:  Box-Muller on the pair of words (2k, 2k+1) in double, by series of +, *, / and sqrt alone, so
//            that the bits do not depend on a maths library; see random_stream.cpp
#pragma once

#include <cstdint>
#include <span>

namespace ganymede {

enum class Purpose : std::uint8_t {
  initialize = 1,
  shuffle = 2,
  noise = 3,
  dropout = 4,
  sample = 5,
  augment = 6,
  synthesize = 7,  // samples of a dataset that the program makes
  label = 8,
  interpolate = 9,
  power_iteration = 10,
  test = 255
};

// Which network draws; data order and test data belong to none.
enum class NetworkId : std::uint8_t { none = 0, generator = 1, discriminator = 2, classifier = 3 };

// Which batch is passing through a network.
enum class Pass : std::uint8_t {
  none = 0,
  real = 1,
  fake = 2,
  judged = 3,   // the fake batch again, in the generator's own step
  penalty = 4,  // the points at which a penalty takes the gradient
  matched = 5,  // the real batch again, whose features the generator's step matches
};

struct StreamId {
  Purpose purpose;
  NetworkId network = NetworkId::none;
  std::uint8_t layer = 0;
  Pass pass = Pass::none;
  std::uint8_t critic_iteration = 0;

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

 private:
  template <typename T, typename Convert>
  void fill(std::span<T> out, std::uint32_t first_place, std::int64_t elements_per_place,
            Convert convert) const;

  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint32_t step_;
};

// A permutation of 0 .. n-1, the same on every machine: Fisher-Yates on the words of place `place`.
void shuffle(std::span<std::int64_t> values, const RandomStream& stream, std::uint32_t place);

}  // namespace ganymede
