#include "kernels/cpu/transpose.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ganymede {
namespace {

template <typename T>
class Transpose : public testing::Test {};

using Numbers = testing::Types<float, double, std::uint16_t>;
TYPED_TEST_SUITE(Transpose, Numbers);

// Whole blocks, rests of both sides, and less than a block; what lies between the rows stays as it was.
TYPED_TEST(Transpose, TurnsMatricesOfAnySides) {
  constexpr std::int64_t kBetween = 3;
  for (const std::int64_t rows : {0, 1, 5, 16, 33})
    for (const std::int64_t columns : {0, 1, 7, 16, 49}) {
      const std::int64_t from_stride = columns + kBetween, to_stride = rows + kBetween;
      std::vector<TypeParam> from(static_cast<std::size_t>(rows * from_stride)),
          to(static_cast<std::size_t>(columns * to_stride), TypeParam(7777));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<TypeParam>(i);
      transpose(from.data(), from_stride, rows, columns, to.data(), to_stride);
      for (std::int64_t column = 0; column < columns; ++column)
        for (std::int64_t row = 0; row < to_stride; ++row)
          ASSERT_EQ(to[static_cast<std::size_t>(column * to_stride + row)],
                    row < rows ? static_cast<TypeParam>(row * from_stride + column) : TypeParam(7777))
              << rows << " x " << columns << " at " << row << ", " << column;
    }
}

}  // namespace
}  // namespace ganymede
