// How the samples of a recipe are drawn: the same for train and sample.
#pragma once

#include "recipe/recipe.hpp"
#include "training/sample_picture.hpp"

namespace ganymede {

// classes: of the dataset.
inline SamplePictureOptions picture_options(const Recipe& recipe, std::int64_t classes) {
  return {.pixel_low = recipe.data.pixels[0],
          .pixel_high = recipe.data.pixels[1],
          .classes = recipe.gan.condition == Conditioning::labels ? classes : 0};
}

}  // namespace ganymede
