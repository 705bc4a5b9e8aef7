#include "data/loading/epoch_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.hpp"

namespace ganymede {
namespace {

std::vector<std::int64_t> whole_order(const EpochOrder& order) {
  std::vector<std::int64_t> samples;
  for (std::int64_t window = 0; window < order.window_count(); ++window) {
    const auto part = order.window_samples(window);
    samples.insert(samples.end(), part.begin(), part.end());
  }
  return samples;
}

class EpochOrders : public testing::TestWithParam<EpochOrderOptions> {};

TEST_P(EpochOrders, HoldEverySampleOnce) {
  std::vector<std::int64_t> expected(static_cast<std::size_t>(GetParam().samples));
  std::iota(expected.begin(), expected.end(), 0);
  for (std::int64_t epoch = 0; epoch < 3; ++epoch)
    EXPECT_THAT(whole_order(EpochOrder(GetParam(), epoch)), testing::UnorderedElementsAreArray(expected));
}

TEST_P(EpochOrders, WindowsBeginWhereTheOneBeforeEnds) {
  for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
    const EpochOrder order(GetParam(), epoch);
    std::int64_t position = 0;
    for (std::int64_t window = 0; window < order.window_count(); ++window) {
      EXPECT_EQ(order.window_begin(window), position);
      for (std::size_t i = 0; i < order.window_samples(window).size(); ++i)
        EXPECT_EQ(order.window_of(position++), window);
    }
    EXPECT_EQ(position, GetParam().samples);
    EXPECT_EQ(order.window_begin(order.window_count()), position);
  }
}

TEST_P(EpochOrders, AWindowTouchesItsChunksOnly) {
  const EpochOrder order(GetParam(), 1);
  std::set<std::int64_t> seen;
  for (std::int64_t window = 0; window < order.window_count(); ++window) {
    const std::vector<std::int64_t> chunks = order.window_chunks(window);
    EXPECT_TRUE(std::is_sorted(chunks.begin(), chunks.end()));
    EXPECT_LE(static_cast<std::int64_t>(chunks.size()), GetParam().chunks_per_window);
    std::set<std::int64_t> touched;
    for (const std::int64_t sample : order.window_samples(window))
      touched.insert(sample / GetParam().rows_per_chunk);
    EXPECT_EQ(touched, std::set<std::int64_t>(chunks.begin(), chunks.end()));
    for (const std::int64_t chunk : chunks) EXPECT_TRUE(seen.insert(chunk).second);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EpochOrders,
                         testing::Values(EpochOrderOptions{1, 1, 64, 4}, EpochOrderOptions{2, 100, 8, 1},
                                         EpochOrderOptions{3, 100, 8, 3}, EpochOrderOptions{4, 96, 8, 4},
                                         EpochOrderOptions{5, 1000, 7, 10},
                                         EpochOrderOptions{6, 50, 64, 1024}),
                         [](const auto& test) {
                           return fmt::format("{}SamplesInWindowsOf{}ChunksOf{}", test.param.samples,
                                              test.param.chunks_per_window, test.param.rows_per_chunk);
                         });

TEST(EpochOrder, DiffersBetweenEpochsAndSeedsAndIsRepeatable) {
  const EpochOrderOptions options{.seed = 1, .samples = 1000, .rows_per_chunk = 16, .chunks_per_window = 8};
  EpochOrderOptions other = options;
  other.seed = 2;
  const auto order = whole_order(EpochOrder(options, 0));
  EXPECT_EQ(order, whole_order(EpochOrder(options, 0)));
  EXPECT_NE(order, whole_order(EpochOrder(options, 1)));
  EXPECT_NE(order, whole_order(EpochOrder(other, 0)));
}

// Over many epochs a sample stands everywhere: the mean position of sample 0 is that of the middle.
TEST(EpochOrder, PutsASampleAnywhere) {
  const EpochOrderOptions options{.seed = 1, .samples = 512, .rows_per_chunk = 16, .chunks_per_window = 4};
  constexpr int kEpochs = 400;
  double sum = 0;
  for (std::int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto order = whole_order(EpochOrder(options, epoch));
    sum += static_cast<double>(std::find(order.begin(), order.end(), 0) - order.begin());
  }
  // Five standard errors: 512 / sqrt(12 * 400) each.
  EXPECT_NEAR(sum / kEpochs, 255.5, 5 * 7.4);
}

}  // namespace
}  // namespace ganymede
