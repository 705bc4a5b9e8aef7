#include "distributed/tree_sum.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

std::vector<at::Tensor> random_addends(int count, at::ScalarType dtype) {
  std::vector<at::Tensor> addends;
  for (int i = 0; i < count; ++i) addends.push_back(at::randn({1500}, dtype) * std::pow(10.0, i % 5));
  return addends;
}

TEST(TreeSum, IsTheCompleteBinaryTreeForPowersOfTwo) {
  const auto a = random_addends(8, at::kFloat);
  const at::Tensor sum = at::empty_like(a[0]);
  tree_sum_into(sum, a);
  const at::Tensor left = (a[0] + a[1]) + (a[2] + a[3]), right = (a[4] + a[5]) + (a[6] + a[7]);
  EXPECT_TRUE(at::equal(sum, left + right));
}

TEST(TreeSum, TakesAnyNumberAndMayWriteOverAnAddend) {
  for (int count = 1; count <= 7; ++count) {
    const auto addends = random_addends(count, at::kDouble);
    const at::Tensor expected = at::stack(addends).sum(0);
    tree_sum_into(addends.back(), addends);
    EXPECT_TRUE(at::allclose(addends.back(), expected, 1e-12, 1e-9)) << count;
  }
}

// Whoever sums a subtree, and wherever, the bits are those of the whole tree.
TEST(TreeAccumulator, AddsPieceByPieceWithTheBitsOfTheTree) {
  for (const int count : {1, 2, 4, 8, 16}) {
    const auto addends = random_addends(count, at::kFloat);
    const at::Tensor expected = at::empty_like(addends[0]), piece = at::empty_like(addends[0]);
    tree_sum_into(expected, addends);
    TreeAccumulator accumulator;
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (int i = 0; i < count; ++i) {
        piece.copy_(addends[static_cast<std::size_t>(i)]);
        i + 1 < count ? accumulator.add(piece) : accumulator.finish(piece);
      }
      EXPECT_TRUE(at::equal(piece, expected)) << count;
    }
  }
}

}  // namespace
}  // namespace ganymede
