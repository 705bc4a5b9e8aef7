// Pictures of every kind of sample, those of a GAN that has diverged among them.
#include "reporting/sample_picture.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "reporting/sample_grid.hpp"
#include "reporting/sample_writer.hpp"
#include "storage/pictures/png_image.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

const SampleForm kPointForm{.kind = SampleForm::Kind::points};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::int64_t dots(const at::Tensor& plot) {
  return plot[0].eq(31).sum().item<std::int64_t>();
}

class SamplePictureFiles : public testing::Test {
 protected:
  at::Tensor draw(const at::Tensor& samples, const SampleForm& form) {
    write_samples(folder_ / "picture.png", {.values = samples}, form);
    return read_png(folder_ / "picture.png");
  }
  // Appended so many at a time.
  at::Tensor draw_grid(const at::Tensor& images, SampleGridOptions options = {}, std::int64_t together = 4) {
    options.count = images.size(0);
    SampleGrid grid(folder_ / "grid.png", options);
    for (const at::Tensor& some : images.split(together)) grid.append(some);
    grid.publish();
    return read_png(folder_ / "grid.png");
  }
  TemporaryFolder folder_;
};

TEST_F(SamplePictureFiles, ShowTheFirstTwoCoordinatesOfPoints) {
  const at::Tensor points = at::tensor({0.5, 0.25, 9.0, -0.5, -0.75, -9.0}, at::kDouble).view({2, 3});
  const at::Tensor plane = points.narrow(1, 0, 2).contiguous();
  EXPECT_TRUE(at::equal(draw(points, kPointForm), draw(plane, kPointForm)));
  EXPECT_EQ(dots(draw(at::zeros({4, 30}), kPointForm)), 9);
}

TEST_F(SamplePictureFiles, ShowNumbersAsAHistogram) {
  // Parts of 8 pixels of 480: three numbers in one, one in another, which is a third as high.
  const at::Tensor plot = make_histogram(at::tensor({0.01, 0.01, 0.02, -0.99}, at::kDouble).view({4, 1}), 1);
  const at::Tensor of_column = plot[0].eq(31).sum(0);
  EXPECT_EQ(of_column[244].item<int>(), 472);
  EXPECT_EQ(of_column[4].item<int>(), 472 / 3);
  EXPECT_EQ(of_column.gt(0).sum().item<int>(), 2 * 7 - 1) << "one column is the axis";
  EXPECT_GT(dots(draw(at::rand({50, 1}), kPointForm)), 0);
}

TEST_F(SamplePictureFiles, LeaveOutPointsThatAreNowhere) {
  const at::Tensor points =
      at::tensor({0.5, 0.5, kNan, 0.0, kInfinity, -kInfinity, 1e300, 1e300}, at::kDouble).view({4, 2});
  EXPECT_EQ(dots(make_scatter_plot(points, 1)), 9);
  EXPECT_EQ(dots(draw(at::full({5, 2}, kNan), kPointForm)), 0);
  EXPECT_EQ(dots(draw(at::full({5, 1}, kNan), kPointForm)), 0);
}

TEST_F(SamplePictureFiles, OfTextsHaveARowAText) {
  const SampleForm form{.kind = SampleForm::Kind::pictures, .samples_a_text = 2};
  const SampleSet samples{.values = at::rand({6, 1, 4, 4}).mul(2).sub(1),
                          .texts = {"red", "red", "blue", "blue", "red", "red"}};
  write_samples(folder_ / "rows.png", samples, form);
  const at::Tensor rows = read_png(folder_ / "rows.png");
  EXPECT_GT(rows.size(1), rows.size(2)) << "three rows of two";
  EXPECT_EQ(read_text(folder_ / "rows.txt"), "red\nblue\nred\n");
  write_samples(folder_ / "one.png", samples, form, /*of_one=*/true);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "one.txt"));
}

TEST_F(SamplePictureFiles, ShowImagesOfAnyNumberOfChannels) {
  const at::Tensor images = at::rand({3, 5, 4, 4}).mul(2).sub(1);
  for (const auto& [channels, shown] : {std::pair{1, 1}, std::pair{2, 1}, std::pair{3, 3}, std::pair{4, 3}}) {
    const at::Tensor some = images.narrow(1, 0, channels).contiguous();
    const at::Tensor visible = images.narrow(1, 0, shown).contiguous();
    EXPECT_TRUE(at::equal(draw_grid(some), draw_grid(visible))) << channels;
    EXPECT_EQ(draw(some, {}).size(0), shown);
  }
}

TEST_F(SamplePictureFiles, ShowNumbersThatAreNoneAsBlack) {
  const at::Tensor images = at::tensor({kNan, kInfinity, -kInfinity, 0.0}, at::kDouble).view({1, 1, 2, 2});
  const at::Tensor grid = draw_grid(images);
  const std::int64_t side = grid.size(1) / 6;  // a gap of two, the image, a gap of two
  const auto pixel = [&](int y, int x) { return grid[0][(2 + y) * side][(2 + x) * side].item<int>(); };
  EXPECT_EQ(pixel(0, 0), 0);
  EXPECT_EQ(pixel(0, 1), 255);
  EXPECT_EQ(pixel(1, 0), 0);
  EXPECT_EQ(pixel(1, 1), 128);
}

TEST_F(SamplePictureFiles, PlaceImagesRowByRowOnABackground) {
  // 5 images of 300 x 200 in 3 columns, image i of brightness i / 4 between -1 and 1; too large to enlarge.
  const at::Tensor images =
      at::arange(5, at::kFloat).div(2).sub(1).view({5, 1, 1, 1}).expand({5, 1, 200, 300});
  const at::Tensor grid = draw_grid(images);
  ASSERT_EQ(grid.sizes(), (at::IntArrayRef{1, 2 + 2 * 202, 2 + 3 * 302}));
  const auto pixel = [&](std::int64_t y, std::int64_t x) { return grid[0][y][x].item<int>(); };
  EXPECT_EQ(pixel(0, 0), 255);
  EXPECT_EQ(pixel(2, 2), 0);
  EXPECT_EQ(pixel(100, 2 + 302), 64);
  EXPECT_EQ(pixel(100, 2 + 2 * 302), 128);
  EXPECT_EQ(pixel(2 + 202, 2), 191);
  EXPECT_EQ(pixel(300, 400), 255);
  EXPECT_EQ(pixel(300, 2 + 2 * 302), 255);  // the empty sixth place
  for (const std::int64_t together : {1, 3, 5}) EXPECT_TRUE(at::equal(draw_grid(images, {}, together), grid));
}

TEST_F(SamplePictureFiles, EnlargeSmallImagesByAWholeFactor) {
  const at::Tensor grid = draw_grid(at::zeros({64, 1, 28, 28}));
  EXPECT_EQ(grid.size(2), 2 * (2 + 8 * 30));
  EXPECT_EQ(draw_grid(at::full({1, 3, 4, 4}, 7.0), {.low = 0}).max().item<int>(), 255);  // clamped
}

TEST(SamplePictures, DrawPointsWhereTheyLie) {
  const at::Tensor plot = make_scatter_plot(at::tensor({0.5, 0.5, -0.5, 0.0}, at::kDouble).view({2, 2}), 1);
  ASSERT_EQ(plot.sizes(), (at::IntArrayRef{3, 480, 480}));
  const auto is_dot = [&](std::int64_t y, std::int64_t x) { return plot[0][y][x].item<int>() == 31; };
  EXPECT_TRUE(is_dot(120, 360));  // right of the middle and above it
  EXPECT_TRUE(is_dot(240, 120));
  EXPECT_FALSE(is_dot(360, 360));
  EXPECT_EQ(plot[0].eq(31).sum().item<std::int64_t>(), 2 * 9);
}

TEST(SamplePictures, GiveEachClassAColumn) {
  EXPECT_EQ(shown_samples({.classes = 10}), 80);
  EXPECT_EQ(shown_samples({.classes = 1000}), 64);
  EXPECT_EQ(shown_samples({}), 64);
}

}  // namespace
}  // namespace ganymede
