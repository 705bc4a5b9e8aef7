// Mirrored images, as an augmentation: left and right change sides. Which ones is a function of the seed, the
// source, the batch and the place in it, so any number of ranks sees the same images.
#pragma once

#include <cstdint>
#include <vector>

#include "base/image_shape.hpp"
#include "data/samples/batch.hpp"

namespace ganymede {

// Of each of these places, whether its image is mirrored: with probability 1/2.
std::vector<bool> draw_mirrored(std::uint64_t seed, std::uint8_t source, std::int64_t batch,
                                const PlaceRange& places);

// Writes the mirror image of `pixels`, [channels, height, width], into `out`.
void mirror_image(const std::uint8_t* pixels, const ImageShape& shape, std::uint8_t* out);

}  // namespace ganymede
