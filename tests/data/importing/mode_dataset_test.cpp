#include "data/importing/mode_dataset.hpp"

#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/format/class_names.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

at::Tensor read_points(const DatasetIndex& index) {
  const at::Tensor points = at::empty({index.samples, 2}, at::kFloat);
  DatasetReader(index).read(index.spec.fields[0], 0, index.samples, points);
  return points.to(at::kDouble);
}

// Each point belongs to the nearest center; the counts of the modes, and the moments around them, are those
// of the law within 5 standard errors.
void expect_drawn_from(const ModeLaw& law, const at::Tensor& points) {
  const auto n = static_cast<double>(points.size(0)), modes = static_cast<double>(law.centers.size());
  std::vector<double> counts(law.centers.size());
  double square = 0, product = 0, sum[2] = {0, 0};
  const auto* point = points.const_data_ptr<double>();
  for (std::int64_t i = 0; i < points.size(0); ++i, point += 2) {
    const auto distance = [&](const auto& center) {
      return std::hypot(point[0] - center[0], point[1] - center[1]);
    };
    const auto nearest =
        std::min_element(law.centers.begin(), law.centers.end(),
                         [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    ++counts[static_cast<std::size_t>(nearest - law.centers.begin())];
    const double x = (point[0] - (*nearest)[0]) / law.standard_deviation;
    const double y = (point[1] - (*nearest)[1]) / law.standard_deviation;
    sum[0] += x;
    sum[1] += y;
    square += x * x + y * y;
    product += x * y;
  }
  for (const double count : counts) EXPECT_NEAR(count, n / modes, 5 * std::sqrt(n / modes));
  EXPECT_NEAR(sum[0], 0, 5 * std::sqrt(n));
  EXPECT_NEAR(sum[1], 0, 5 * std::sqrt(n));
  EXPECT_NEAR(product, 0, 5 * std::sqrt(n));
  EXPECT_NEAR(square, 2 * n, 5 * std::sqrt(4 * n));  // chi-squared with 2 n degrees of freedom
}

TEST(ModeDataset, TheRingIsDrawnFromItsLaw) {
  const TemporaryFolder folder;
  const ModeLaw law = ring_law({});
  ASSERT_EQ(law.centers.size(), 8U);
  EXPECT_EQ(law.centers[0], (std::array<double, 2>{1, 0}));
  EXPECT_EQ(law.centers[2], (std::array<double, 2>{0, 1}));
  for (const auto& center : law.centers) EXPECT_NEAR(std::hypot(center[0], center[1]), 1, 1e-11);
  const DatasetIndex made = make_mode_dataset(law, {.out = folder / "ring", .shards = 3});
  const DatasetIndex index = read_dataset_index(folder / "ring");
  EXPECT_EQ(index.samples, 100'000);
  EXPECT_EQ(index.modes, law);
  for (std::size_t shard = 0; shard < 3; ++shard) verify_shard(index, shard);
  expect_drawn_from(law, read_points(index));
  EXPECT_THAT(describe_dataset(index), testing::HasSubstr("8 Gaussians of standard deviation 0.01"));
}

TEST(ModeDataset, ThePointsLieAroundTheCenterThatTheirLabelNames) {
  const TemporaryFolder folder;
  const ModeLaw law = ring_law({});
  const DatasetIndex index = make_mode_dataset(law, {.out = folder / "ring", .samples = 2000});
  EXPECT_EQ(index.spec.class_names(), numbered_classes(8));
  const at::Tensor points = read_points(index), labels = at::empty({2000}, at::kLong);
  DatasetReader(index).read(index.spec.fields[1], 0, 2000, labels);
  for (std::int64_t i = 0; i < 2000; ++i) {
    const auto& center = law.centers[static_cast<std::size_t>(labels[i].item<std::int64_t>())];
    EXPECT_LT(std::hypot(points[i][0].item<double>() - center[0], points[i][1].item<double>() - center[1]),
              7 * law.standard_deviation);
  }
}

TEST(ModeDataset, TheGridIsDrawnFromItsLaw) {
  const TemporaryFolder folder;
  const ModeLaw law = grid_law();
  ASSERT_EQ(law.centers.size(), 25U);
  double sum = 0, square = 0;
  for (const auto& center : law.centers) {
    sum += center[0] + center[1];
    square += center[0] * center[0] + center[1] * center[1];
  }
  EXPECT_EQ(sum, 0);
  EXPECT_EQ(square, 2 * 5 * (16 + 4 + 0 + 4 + 16));
  expect_drawn_from(law, read_points(make_mode_dataset(law, {.out = folder / "grid", .samples = 50'000})));
}

TEST(ModeDataset, TheSeedDecidesTheBytesAndTheNumberOfSamplesDoesNot) {
  const TemporaryFolder folder;
  const auto make = [&](const char* name, std::int64_t samples, std::uint64_t seed) {
    return make_mode_dataset(ring_law({}), {.out = folder / name, .samples = samples, .seed = seed});
  };
  const DatasetIndex one = make("one", 1000, 1), again = make("again", 1000, 1),
                     other = make("other", 1000, 2);
  EXPECT_EQ(one.shards[0].crc32, again.shards[0].crc32);
  EXPECT_NE(one.shards[0].crc32, other.shards[0].crc32);
  const at::Tensor more = read_points(make("more", 70'000, 1));
  EXPECT_TRUE(more.narrow(0, 0, 1000).equal(read_points(one)));
  EXPECT_FALSE(more.narrow(0, 0, 1000).equal(more.narrow(0, 1 << 16, 1000))) << "blocks differ";
}

TEST(ModeDataset, ImpossibleOptionsAndAFullDiskLeaveNothingBehind) {
  const TemporaryFolder folder;
  expect_error<UserError>([] { ring_law({.modes = 0}); }, {"modes is 0; expected at least 1"});
  expect_error<UserError>([] { ring_law({.modes = 5000}); }, {"modes is 5000", "at most 4000"});
  expect_error<UserError>([&] { make_mode_dataset(grid_law(-1), {.out = folder / "out"}); },
                          {"standard deviation is -1", "from 0 on"});
  expect_error<UserError>([&] { make_mode_dataset(grid_law(), {.out = folder / "out", .samples = 0}); },
                          {"0 samples", "at least one"});
  {
    const FullDisk full(20'000);
    expect_error<UserError>([&] { make_mode_dataset(grid_law(), {.out = folder / "out"}); },
                            {"shard_00000.h5: cannot"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace ganymede
