#include "training/slow_ranks.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

std::vector<int> slow_ranks_of(const std::vector<double>& seconds) {
  std::vector<int> ranks;
  for (const SlowRank& found : find_slow_ranks(seconds)) ranks.push_back(found.rank);
  return ranks;
}

TEST(SlowRanks, TakeOverTwiceTheMedianOfTheOthers) {
  EXPECT_EQ(slow_ranks_of({5}), std::vector<int>{});
  EXPECT_EQ(slow_ranks_of({5, 10}), std::vector<int>{});
  EXPECT_EQ(slow_ranks_of({5, 10.1}), std::vector<int>{1});
  EXPECT_EQ(slow_ranks_of({25, 10, 11, 30}), (std::vector<int>{0, 3}));
  const SlowRank found = find_slow_ranks({4, 9, 3, 2}).front();
  EXPECT_EQ(found.rank, 1);
  EXPECT_EQ(found.seconds, 9);
  EXPECT_EQ(found.median_of_others, 3);
}

TEST(SlowRanks, AreNamedOnceAndNotForAMoment) {
  SlowRanks ranks;
  EXPECT_TRUE(ranks.note({1, 5}).empty());
  EXPECT_TRUE(ranks.note({3.5, 3.5}).empty());
  EXPECT_TRUE(ranks.note({3, 3}).empty());  // 7.5 and 11.5 seconds
  EXPECT_EQ(ranks.note({4, 12}).size(), 1U);
  EXPECT_TRUE(ranks.note({4, 12}).empty());
}

}  // namespace
}  // namespace ganymede
