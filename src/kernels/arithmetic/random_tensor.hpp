// Random tensors block by block: each call of an object here makes the four numbers of one block of the
// stream. Places are rows of `out`; the last block of a row may have more words than it needs.
#pragma once

#include "base/random_numbers.hpp"
#include "base/random_stream.hpp"

namespace ganymede {

struct RandomBlocks {
  std::uint64_t seed;
  std::uint32_t step, stream, first_place;
  std::int64_t places, elements_per_place;
  // Where a device finds seed and step in its memory, in place of those above.
  const std::int64_t* seed_and_step = nullptr;

  GANYMEDE_HOST_DEVICE std::int64_t blocks_per_place() const { return (elements_per_place + 3) / 4; }
  GANYMEDE_HOST_DEVICE std::int64_t count() const { return places * blocks_per_place(); }

  // put(index in the tensor, number) for what convert(words) makes of the block's words.
  template <typename Number, typename Convert, typename Put>
  GANYMEDE_HOST_DEVICE void fill(std::int64_t block, const Convert& convert, const Put& put) const {
    const std::int64_t place = block / blocks_per_place(), in_place = block % blocks_per_place();
    const bool in_memory = seed_and_step != nullptr;
    const PhiloxWords counter{static_cast<std::uint32_t>(in_place),
                              first_place + static_cast<std::uint32_t>(place),
                              in_memory ? static_cast<std::uint32_t>(seed_and_step[1]) : step, stream};
    Number numbers[4];
    convert(philox_words(counter, in_memory ? static_cast<std::uint64_t>(seed_and_step[0]) : seed), numbers);
    for (std::int64_t i = 0; i < 4 && 4 * in_place + i < elements_per_place; ++i)
      put(place * elements_per_place + 4 * in_place + i, numbers[i]);
  }
};

// Of places from first_place on.
inline RandomBlocks blocks_of(const RandomStream& stream, std::int64_t first_place, std::int64_t places,
                              std::int64_t elements_per_place, const std::int64_t* seed_and_step = nullptr) {
  return {.seed = stream.seed(),
          .step = stream.step(),
          .stream = stream.stream(),
          .first_place = static_cast<std::uint32_t>(first_place),
          .places = places,
          .elements_per_place = elements_per_place,
          .seed_and_step = seed_and_step};
}

struct ToUniform {
  GANYMEDE_HOST_DEVICE void operator()(PhiloxWords words, float* numbers) const {
    numbers[0] = to_uniform(words.w0);
    numbers[1] = to_uniform(words.w1);
    numbers[2] = to_uniform(words.w2);
    numbers[3] = to_uniform(words.w3);
  }
};

struct ToNormal {
  GANYMEDE_HOST_DEVICE static void pair(std::uint32_t first, std::uint32_t second, float* numbers) {
    const double radius = radius_of(above_zero(first));
    const CosSin direction = series_cos_sin(turn_of(second));
    numbers[0] = static_cast<float>(radius * direction.cos);
    numbers[1] = static_cast<float>(radius * direction.sin);
  }
  GANYMEDE_HOST_DEVICE void operator()(PhiloxWords words, float* numbers) const {
    pair(words.w0, words.w1, numbers);
    pair(words.w2, words.w3, numbers + 2);
  }
};

struct ToWords {
  GANYMEDE_HOST_DEVICE void operator()(PhiloxWords words, std::uint32_t* numbers) const {
    numbers[0] = words.w0;
    numbers[1] = words.w1;
    numbers[2] = words.w2;
    numbers[3] = words.w3;
  }
};

template <typename Number>
struct Store {
  Number* out;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t index, Number number) const { out[index] = number; }
};

template <typename Number, typename Convert>
struct RandomBlockAt {
  RandomBlocks blocks;
  Number* out;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t block) const {
    blocks.fill<Number>(block, Convert{}, Store<Number>{out});
  }
};

template <typename T>
struct StoreMask {
  T* out;
  float threshold;
  T scale;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t index, float uniform) const {
    out[index] = uniform >= threshold ? scale : T(0);
  }
};

template <typename T>
struct DropoutBlockAt {
  RandomBlocks blocks;
  StoreMask<T> store;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t block) const {
    blocks.fill<float>(block, ToUniform{}, store);
  }
};

}  // namespace ganymede
