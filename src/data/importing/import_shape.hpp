// The shape of images that an importer is asked for, or finds.
#pragma once

#include "base/image_shape.hpp"

namespace ganymede {

inline constexpr std::int64_t kLargestSide = 16384;  // samples * height * width stay below 2^63

// Throws UserError unless there are 1 or 3 channels and sides of 1 to kLargestSide.
void check_asked_shape(const ImageShape& shape);

}  // namespace ganymede
