// Matrices turned in vectors. For functions of sources compiled with -O3.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

namespace ganymede {

namespace transposition {

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(32)));  // NOLINT: an alias takes no such attribute
};
template <typename T>
using Vector = typename VectorOf<T>::type;
template <typename T>
constexpr int kSide = 32 / sizeof(T);

// Of two rows of a block, `step` apart: the halves that are not on the diagonal change places.
template <int step, typename V, std::size_t... lane>
[[gnu::always_inline]] inline void exchange(V& first, V& second, std::index_sequence<lane...>) {
  constexpr auto kCount = static_cast<int>(sizeof...(lane));
  const V a = first, b = second;
  first = __builtin_shufflevector(a, b, (lane & step ? kCount + static_cast<int>(lane) - step : lane)...);
  second = __builtin_shufflevector(a, b, (lane & step ? kCount + static_cast<int>(lane) : lane + step)...);
}

template <int step, typename T>
[[gnu::always_inline]] inline void turn(Vector<T>* rows) {
  if constexpr (step < kSide<T>) {
#pragma GCC unroll 16
    for (int row = 0; row < kSide<T>; ++row)
      if ((row & step) == 0)
        exchange<step>(rows[row], rows[row + step], std::make_index_sequence<kSide<T>>());
    turn<2 * step, T>(rows);
  }
}

}  // namespace transposition

// to [columns][`to_stride`] = from [rows][`from_stride`], of float, double or std::uint16_t
template <typename T>
[[gnu::always_inline]] inline void transpose(const T* from, std::int64_t from_stride, std::int64_t rows,
                                             std::int64_t columns, T* to, std::int64_t to_stride) {
  using Vector = transposition::Vector<T>;
  constexpr int kSide = transposition::kSide<T>;
  Vector block[kSide];
  std::int64_t row = 0;
  for (; row + kSide <= rows; row += kSide) {
    const T* const first = from + row * from_stride;
    std::int64_t column = 0;
    for (; column + kSide <= columns; column += kSide) {
      for (int i = 0; i < kSide; ++i)
        std::memcpy(&block[i], first + i * from_stride + column, sizeof(Vector));
      transposition::turn<1, T>(block);
      for (int i = 0; i < kSide; ++i)
        std::memcpy(to + (column + i) * to_stride + row, &block[i], sizeof(Vector));
    }
    for (; column < columns; ++column)
      for (int i = 0; i < kSide; ++i) to[column * to_stride + row + i] = first[i * from_stride + column];
  }
  for (; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      to[column * to_stride + row] = from[row * from_stride + column];
}

}  // namespace ganymede
