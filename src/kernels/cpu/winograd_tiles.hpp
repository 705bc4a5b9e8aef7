// From images to the tiles of Winograd's method and back: the transforms that go through most memory.
#pragma once

#include <cstdint>

#include "base/vectorised.hpp"
#include "kernels/cpu/winograd.hpp"
#include "kernels/cpu/winograd_matrices.hpp"

namespace ganymede::winograd {

struct Images {
  std::int64_t rows, channels, height, width;

  std::int64_t pixels() const { return height * width; }
  std::int64_t tiles_down() const { return (height + kOutput - 1) / kOutput; }
  std::int64_t tiles_across() const { return (width + kOutput - 1) / kOutput; }
  std::int64_t tiles_of_one() const { return tiles_down() * tiles_across(); }
  std::int64_t tiles() const { return rows * tiles_of_one(); }
  std::int64_t place(std::int64_t row, std::int64_t channel) const {
    return (row * channels + channel) * pixels();
  }
};

// Numbers from the tiles [tiles, channels] of one product to those of the next.
inline std::int64_t products_apart(std::int64_t rows, std::int64_t columns) {
  return rows * columns + kLanes;
}

#define GANYMEDE_DECLARE_TILES(T)                                                   \
  void transform_inputs(const T* pixels, const Images& images, T* tiles);           \
  void transform_output_gradients(const T* pixels, const Images& images, T* tiles); \
  void transform_outputs(const T* tiles, const Images& images, T* pixels);
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_DECLARE_TILES)

}  // namespace ganymede::winograd
