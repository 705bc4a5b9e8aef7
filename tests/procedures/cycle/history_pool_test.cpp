#include "procedures/cycle/history_pool.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

namespace ganymede {
namespace {

enum class PoolPurpose : std::uint8_t { history = 3 };
constexpr ImageShape kDot{.channels = 1, .height = 1, .width = 1};

// Images that are numbers: places of all batches, counted from 1.
at::Tensor numbered_images(std::int64_t first, std::int64_t count) {
  return at::arange(first, first + count).to(at::kDouble).view({count, 1, 1, 1});
}

at::Tensor exchange(HistoryPool& pool, std::int64_t step, std::int64_t count) {
  const at::Tensor decided = pool.decide(
      count, RandomStream(3, {.purpose = PoolPurpose::history}, static_cast<std::uint32_t>(step)));
  return pool.exchange(numbered_images(1 + step * count, count), decided).flatten();
}

TEST(HistoryPool, GivesBackWhatItKeepsUntilItIsFull) {
  HistoryPool pool(10, kDot, at::kDouble);
  EXPECT_TRUE(at::equal(exchange(pool, 0, 5), numbered_images(1, 5).flatten()));
  EXPECT_TRUE(at::equal(exchange(pool, 1, 5), numbered_images(6, 5).flatten()));
  const auto state = pool.state("of_a");
  ASSERT_EQ(state.size(), 2U);
  EXPECT_EQ(state[0].name, "of_a_images");
  EXPECT_TRUE(at::equal(state[0].tensor.flatten(), numbered_images(1, 10).flatten()));
  EXPECT_EQ(state[1].name, "of_a_count");
  EXPECT_EQ(state[1].tensor.item<std::int64_t>(), 10);
}

// Of 20,000 images half are old ones, to 5 standard deviations, and no image is shown twice or lost.
TEST(HistoryPool, ShowsOldImagesHalfOfTheTimeOnceItIsFull) {
  constexpr std::int64_t kSize = 50, kBatch = 40, kBatches = 500;
  HistoryPool pool(kSize, kDot, at::kDouble);
  std::int64_t old = 0, seen = 0;
  std::set<double> shown;
  double age = 0;
  for (std::int64_t step = 0; step < kBatches; ++step) {
    const at::Tensor returned = exchange(pool, step, kBatch);
    for (std::int64_t place = 0; place < kBatch; ++place) {
      const double image = returned[place].item<double>(),
                   now = static_cast<double>(1 + step * kBatch + place);
      EXPECT_LE(image, now);
      if (step < 2) continue;  // while the pool fills, images are shown that it keeps
      ++seen;
      old += image < now ? 1 : 0;
      age += now - image;
      if (image > 2 * kBatch) {
        EXPECT_TRUE(shown.insert(image).second) << image << " is shown twice";
      }
    }
  }
  const auto count = static_cast<double>(seen);
  EXPECT_NEAR(static_cast<double>(old) / count, 0.5, 5 * std::sqrt(0.25 / count));
  // A slot is taken with probability 1 / (2 x 50) a place: those that leave are 100 places old on average.
  EXPECT_NEAR(age / static_cast<double>(old), 100, 5);
}

TEST(HistoryPool, OfNoSizeShowsNewImages) {
  HistoryPool pool(0, kDot, at::kDouble);
  for (std::int64_t step = 0; step < 20; ++step)
    EXPECT_TRUE(at::equal(exchange(pool, step, 3), numbered_images(1 + 3 * step, 3).flatten()));
  EXPECT_TRUE(pool.state("of_a").empty());
}

}  // namespace
}  // namespace ganymede
