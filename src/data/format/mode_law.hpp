// The law of a dataset of points that is known exactly, and its place in index.json (datasets/FORMAT.md).
#pragma once

#include <array>
#include <vector>

#include "storage/json_object.hpp"

namespace ganymede {

// A mixture, in equal parts, of round Gaussians in the plane.
struct ModeLaw {
  std::vector<std::array<double, 2>> centers;
  double standard_deviation = 0;

  bool operator==(const ModeLaw&) const = default;
};

// Throws DataError with the file and the field.
ModeLaw read_mode_law(const JsonObject& json);
Json write_mode_law(const ModeLaw& law);

}  // namespace ganymede
