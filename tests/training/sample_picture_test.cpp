// Pictures of every kind of sample, those of a GAN that has diverged among them.
#include "training/sample_picture.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "storage/png_image.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/sample_grid.hpp"

namespace ganymede {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::int64_t dots(const at::Tensor& plot) {
  return plot[0].eq(31).sum().item<std::int64_t>();
}

class SamplePictureFiles : public testing::Test {
 protected:
  at::Tensor draw(const at::Tensor& images, const SamplePictureOptions& options) {
    write_sample_picture(folder_ / "picture.png", {.images = images, .labels = {}}, options);
    return read_png(folder_ / "picture.png");
  }
  TemporaryFolder folder_;
};

TEST_F(SamplePictureFiles, ShowTheFirstTwoCoordinatesOfPoints) {
  const at::Tensor points = at::tensor({0.5, 0.25, 9.0, -0.5, -0.75, -9.0}, at::kDouble).view({2, 1, 1, 3});
  const at::Tensor plane = points.narrow(3, 0, 2).contiguous();
  EXPECT_TRUE(at::equal(draw(points, {.points = true}), draw(plane, {.points = true})));
  EXPECT_EQ(dots(draw(at::zeros({4, 1, 1, 30}), {.points = true})), 9);
}

TEST_F(SamplePictureFiles, ShowNumbersAsAHistogram) {
  // Parts of 8 pixels of 480: three numbers in one, one in another, which is a third as high.
  const at::Tensor plot = make_histogram(at::tensor({0.01, 0.01, 0.02, -0.99}, at::kDouble).view({4, 1}), 1);
  const at::Tensor of_column = plot[0].eq(31).sum(0);
  EXPECT_EQ(of_column[244].item<int>(), 472);
  EXPECT_EQ(of_column[4].item<int>(), 472 / 3);
  EXPECT_EQ(of_column.gt(0).sum().item<int>(), 2 * 7 - 1) << "one column is the axis";
  EXPECT_GT(dots(draw(at::rand({50, 1, 1, 1}), {.points = true})), 0);
}

TEST_F(SamplePictureFiles, LeaveOutPointsThatAreNowhere) {
  const at::Tensor points =
      at::tensor({0.5, 0.5, kNan, 0.0, kInfinity, -kInfinity, 1e300, 1e300}, at::kDouble).view({4, 2});
  EXPECT_EQ(dots(make_scatter_plot(points, 1)), 9);
  EXPECT_EQ(dots(draw(at::full({5, 1, 1, 2}, kNan), {.points = true})), 0);
  EXPECT_EQ(dots(draw(at::full({5, 1, 1, 1}, kNan), {.points = true})), 0);
}

TEST_F(SamplePictureFiles, ShowImagesOfAnyNumberOfChannels) {
  const at::Tensor images = at::rand({3, 5, 4, 4}).mul(2).sub(1);
  for (const auto& [channels, shown] : {std::pair{1, 1}, std::pair{2, 1}, std::pair{3, 3}, std::pair{4, 3}}) {
    const at::Tensor some = images.narrow(1, 0, channels).contiguous();
    const at::Tensor visible = images.narrow(1, 0, shown).contiguous();
    EXPECT_TRUE(at::equal(make_sample_grid(some, -1, 1), make_sample_grid(visible, -1, 1))) << channels;
    EXPECT_EQ(draw(some, {}).size(0), shown);
  }
}

TEST(SampleGridNumbers, ThatAreNoneAreBlack) {
  const at::Tensor images = at::tensor({kNan, kInfinity, -kInfinity, 0.0}, at::kDouble).view({1, 1, 2, 2});
  const at::Tensor grid = make_sample_grid(images, -1, 1);
  const std::int64_t side = grid.size(1) / 6;  // a gap of two, the image, a gap of two
  const auto pixel = [&](int y, int x) { return grid[0][(2 + y) * side][(2 + x) * side].item<int>(); };
  EXPECT_EQ(pixel(0, 0), 0);
  EXPECT_EQ(pixel(0, 1), 255);
  EXPECT_EQ(pixel(1, 0), 0);
  EXPECT_EQ(pixel(1, 1), 128);
}

}  // namespace
}  // namespace ganymede
