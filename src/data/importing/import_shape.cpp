#include "data/importing/import_shape.hpp"

#include "base/error.hpp"

namespace ganymede {

void check_asked_shape(const ImageShape& shape) {
  require(shape.channels == 1 || shape.channels == 3, "the number of channels is {}; expected 1 or 3",
          shape.channels);
  require(
      shape.height >= 1 && shape.height <= kLargestSide && shape.width >= 1 && shape.width <= kLargestSide,
      "the images are {} x {} (height x width); expected sides of 1 to {}", shape.height, shape.width,
      kLargestSide);
}

}  // namespace ganymede
