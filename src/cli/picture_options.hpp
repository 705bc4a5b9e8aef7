// How the samples of a recipe are drawn: the same for train and sample.
#pragma once

#include "recipe/recipe.hpp"
#include "training/checkpoint.hpp"
#include "training/sample_picture.hpp"

namespace ganymede {

inline SamplePictureOptions picture_options(const Recipe& recipe, const TrainedOn& data) {
  return {.pixel_low = recipe.data.pixels[0],
          .pixel_high = recipe.data.pixels[1],
          .classes = recipe.gan.condition == Conditioning::labels ? data.classes() : 0,
          .points = data.kind == SampleKind::points};
}

}  // namespace ganymede
