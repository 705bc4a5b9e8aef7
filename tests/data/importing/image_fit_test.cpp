#include "data/importing/image_fit.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

TEST(ImageFit, AnImageOfTheSizeIsLeftAsItIs) {
  const at::Tensor image = at::arange(3 * 5 * 7).to(at::kByte).reshape({3, 5, 7});
  EXPECT_TRUE(at::equal(fit_image(image, {.channels = 3, .height = 5, .width = 7}), image));
}

TEST(ImageFit, TheCentreIsCutOut) {
  const at::Tensor wide = at::arange(2 * 7).to(at::kByte).reshape({1, 2, 7});
  EXPECT_TRUE(at::equal(fit_image(wide, {.channels = 1, .height = 2, .width = 3}), wide.narrow(2, 2, 3)));
  const at::Tensor tall = wide.transpose(1, 2).contiguous();
  EXPECT_TRUE(at::equal(fit_image(tall, {.channels = 1, .height = 3, .width = 2}), tall.narrow(1, 2, 3)));
}

// One column in 8 is white: without antialiasing most smaller pixels would miss it. The triangular weights of
// neighbours add up to 1 everywhere, so each inner pixel is 255 / 8.
TEST(ImageFit, SmallerImagesAverageOverAllTheyCover) {
  const at::Tensor stripes = at::zeros({1, 64, 64}, at::kByte);
  for (std::int64_t column = 0; column < 64; column += 8) stripes.select(2, column).fill_(255);
  const at::Tensor small = fit_image(stripes, {.channels = 1, .height = 8, .width = 8});
  EXPECT_TRUE(at::equal(small.narrow(2, 1, 6), at::full({1, 8, 6}, 32, at::kByte))) << small;
}

// At half the size the weights are 1/8, 3/8, 3/8, 1/8, which keep a slope.
TEST(ImageFit, ASlopeStaysASlope) {
  const at::Tensor slope = at::arange(32).mul(4).to(at::kByte).reshape({1, 1, 32}).expand({1, 32, 32});
  const at::Tensor half = fit_image(slope, {.channels = 1, .height = 16, .width = 16});
  const at::Tensor expected =
      at::arange(16).mul(8).add(2).to(at::kByte).reshape({1, 1, 16}).expand({1, 16, 16});
  EXPECT_TRUE(at::equal(half.narrow(2, 1, 14), expected.narrow(2, 1, 14))) << half;
}

TEST(ImageFit, ColourBecomesGreyAndGreyColour) {
  const ImageShape grey{.channels = 1, .height = 4, .width = 4},
      colour{.channels = 3, .height = 4, .width = 4};
  // round(255 x 0.299, 0.587, 0.114)
  const int expected[] = {76, 150, 29};
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    const at::Tensor pure = at::zeros({3, 8, 8}, at::kByte);
    pure[channel].fill_(255);
    EXPECT_TRUE(at::equal(fit_image(pure, grey), at::full({1, 4, 4}, expected[channel], at::kByte)));
  }
  EXPECT_TRUE(
      at::equal(fit_image(at::full({1, 8, 8}, 9, at::kByte), colour), at::full({3, 4, 4}, 9, at::kByte)));
}

TEST(ImageFit, ExtremeProportionsWork) {
  const at::Tensor line = at::full({3, 1, 1000}, 77, at::kByte);
  EXPECT_TRUE(at::equal(fit_image(line, {.channels = 3, .height = 16, .width = 2}),
                        at::full({3, 16, 2}, 77, at::kByte)));
}

}  // namespace
}  // namespace ganymede
