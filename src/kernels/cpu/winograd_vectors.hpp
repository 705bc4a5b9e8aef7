// Winograd's transforms of kLanes numbers at once, in vectors. For sources compiled with -O3.
#pragma once

#include <cstdint>

#include "kernels/cpu/winograd.hpp"

namespace ganymede::winograd {

#define GANYMEDE_INLINE [[gnu::always_inline]] inline

// Aligned for the widest processor: by itself the type is so only where the whole source is compiled for it.
template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kLanes * sizeof(T)), aligned(kLanes * sizeof(T))));
};
template <typename T>
using Vector = typename VectorOf<T>::type;

template <typename T>
GANYMEDE_INLINE Vector<T> load(const T* from) {
  Vector<T> vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <typename T>
GANYMEDE_INLINE void store(T* to, const Vector<T>& vector) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

// to[r] = sum over c of matrix[r][c] from[c]; the loops are unrolled and zeros left out.
template <const auto& matrix, typename T>
GANYMEDE_INLINE void multiply(const Vector<T>* from, std::int64_t from_stride, Vector<T>* to,
                              std::int64_t to_stride) {
  constexpr int kRows = static_cast<int>(matrix.size()), kColumns = static_cast<int>(matrix[0].size());
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    Vector<T> sum{};
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c)
      if (matrix[r][c] != 0) sum += from[c * from_stride] * static_cast<T>(matrix[r][c]);
    to[r * to_stride] = sum;
  }
}

// to = matrix x from x matrix^T, from square pieces of rows `stride` apart to [rows x rows].
template <const auto& matrix, typename T>
GANYMEDE_INLINE void transform(const Vector<T>* from, std::int64_t stride, Vector<T>* to) {
  constexpr int kRows = static_cast<int>(matrix.size()), kColumns = static_cast<int>(matrix[0].size());
  Vector<T> half[kRows * kColumns];
  for (int c = 0; c < kColumns; ++c) multiply<matrix, T>(from + c, stride, half + c, kColumns);
  for (int r = 0; r < kRows; ++r) multiply<matrix, T>(half + r * kColumns, 1, to + r * kRows, 1);
}

}  // namespace ganymede::winograd
