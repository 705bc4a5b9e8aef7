// Which GPU each rank gets, on hosts that are made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/rank_device.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;

TEST(GpusOfRanks, EachGetsThatOfItsPlaceOnItsHost) {
  const std::vector<std::string> four{"a", "b", "c", "d"}, two{"e", "f"};
  EXPECT_THAT(deal_gpus({{"n1", four}, {"n1", four}, {"n2", two}, {"n2", two}}), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(deal_gpus({{"n1", {"a"}}}), ElementsAre(0));
}

TEST(GpusOfRanks, ABatchSystemMayShowEachItsOwn) {
  EXPECT_THAT(deal_gpus({{"n1", {"a"}}, {"n1", {"b"}}, {"n2", {"a"}}}), ElementsAre(0, 0, 0));
}

TEST(GpusOfRanks, EveryRankNeedsOneOfItsOwn) {
  expect_error<UserError>([] { deal_gpus({{"n1", {"a"}}, {"n2", {}}}); }, {"rank 1 on n2 sees no GPU"});
  expect_error<UserError>(
      [] {
        deal_gpus({{"n1", {"a", "b"}}, {"n1", {"a", "b"}}, {"n1", {"a", "b"}}});
      },
      {"n1 has 3 ranks and 2 GPUs", "start fewer ranks there"});
  expect_error<UserError>(
      [] {
        deal_gpus({{"n1", {"a"}}, {"n1", {"a"}}});
      },
      {"ranks 0 and 1 on n1 would share one GPU (a)"});
}

}  // namespace
}  // namespace ganymede
