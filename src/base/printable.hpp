// Numbers as people read them.
#pragma once

#include <cmath>

namespace ganymede {

// The number; of one that is none without its sign, which says nothing and would show as "-nan".
inline double printable(double number) {
  return std::isnan(number) ? std::abs(number) : number;
}

}  // namespace ganymede
