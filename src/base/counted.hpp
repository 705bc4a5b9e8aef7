// Numbers of things in words.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace ganymede {

// "1 rank", "2 ranks".
inline std::string counted(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace ganymede
