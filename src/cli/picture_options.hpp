// How the samples of a recipe are drawn: the same for train and sample.
#pragma once

#include "data/dataset_index.hpp"
#include "recipe/recipe.hpp"
#include "training/sample_picture.hpp"

namespace ganymede {

// classes and kind: of the dataset.
inline SamplePictureOptions picture_options(const Recipe& recipe, std::int64_t classes, SampleKind kind) {
  return {.pixel_low = recipe.data.pixels[0],
          .pixel_high = recipe.data.pixels[1],
          .classes = recipe.gan.condition == Conditioning::labels ? classes : 0,
          .points = kind == SampleKind::points};
}

}  // namespace ganymede
