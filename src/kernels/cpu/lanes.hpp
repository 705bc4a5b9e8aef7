// Numbers side by side, in vectors of a width that does not depend on the processor: sums have the same bits
// everywhere. GCC takes wider ones apart where AVX-512 is missing, number by number.
#pragma once

#include <cstdint>
#include <cstring>

namespace ganymede {

template <typename T>
struct Lanes {
  typedef T Vector __attribute__((vector_size(32)));  // NOLINT: an alias takes no such attribute
  static constexpr std::int64_t kCount = 32 / sizeof(T);
  static Vector load(const T* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
  }
};

// The value where `of` is above 0, below it the value x slope: of numbers and of lanes of them.
template <typename V, typename T>
[[gnu::always_inline]] inline V activated(V value, V of, T slope) {
  return of > 0 ? value : value * slope;
}

}  // namespace ganymede
