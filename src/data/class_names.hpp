// Names for classes that have none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganymede {

// "0", "1", ...
inline std::vector<std::string> numbered_classes(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t label = 0; label < count; ++label) names.push_back(std::to_string(label));
  return names;
}

}  // namespace ganymede
