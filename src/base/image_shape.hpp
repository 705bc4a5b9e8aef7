// The shape of one image.
#pragma once

#include <cstdint>

namespace ganymede {

struct ImageShape {
  std::int64_t channels = 1;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t pixels() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

}  // namespace ganymede
