#include "data/loading/horizontal_flip.hpp"

#include <algorithm>

#include "base/random_stream.hpp"

namespace ganymede {

std::vector<bool> draw_mirrored(std::uint64_t seed, std::uint8_t source, std::int64_t batch,
                                const PlaceRange& places) {
  const RandomStream stream(seed, {.purpose = Purpose::augment, .layer = source},
                            static_cast<std::uint32_t>(batch));
  std::vector<std::uint32_t> words(static_cast<std::size_t>(places.count));
  stream.words(words, static_cast<std::uint32_t>(places.first), 1);
  std::vector<bool> mirrored;
  for (const std::uint32_t word : words) mirrored.push_back(word >> 31 != 0);
  return mirrored;
}

void mirror_image(const std::uint8_t* pixels, const ImageShape& shape, std::uint8_t* out) {
  for (std::int64_t row = 0; row < shape.channels * shape.height; ++row)
    std::reverse_copy(pixels + row * shape.width, pixels + (row + 1) * shape.width, out + row * shape.width);
}

}  // namespace ganymede
