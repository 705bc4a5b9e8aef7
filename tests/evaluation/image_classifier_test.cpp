#include "evaluation/image_classifier.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/random_tensor.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kSteps = 200;

// 8 x 8 images of noise whose upper (class 0) or lower (class 1) half is brighter.
RealSamples halves(std::int64_t count) {
  const RandomStream stream(1, {.purpose = Purpose::test}, 0);
  at::Tensor images = draw_uniform(stream, 0, {count, 1, 8, 8}, 0, 200, at::kFloat);
  const at::Tensor labels = at::arange(count).div(3, "floor").remainder(2);
  for (std::int64_t i = 0; i < count; ++i)
    images[i].narrow(1, 4 * labels[i].item<std::int64_t>(), 4).add_(55);
  return {.samples = images.to(at::kByte), .labels = labels};
}

TEST(ImageClassifier, LearnsWhatTellsTheClassesApartOnImagesItHasNotSeen) {
  const RealSamples real = halves(1000);
  const ImageClassifier classifier(real, 2, kSteps);
  EXPECT_GT(classifier.held_out_accuracy(), 0.95);
  std::vector<at::Tensor> labels, features;
  classifier.judge(real.samples, [&](const ImageClassifier::Judgement& judged) {
    labels.push_back(judged.labels);
    features.push_back(judged.features);
  });
  EXPECT_GT((at::cat(labels) == real.labels).to(at::kFloat).mean().item<double>(), 0.95);
  EXPECT_EQ(at::cat(features).sizes(), (std::vector<std::int64_t>{1000, 64}));
}

TEST(ImageClassifier, LabelsThatSayNothingCannotBeLearnt) {
  RealSamples real = halves(1000);
  const RandomStream stream(2, {.purpose = Purpose::test}, 0);
  real.labels = draw_uniform(stream, 0, {1000}, 0, 2, at::kFloat).to(at::kLong);
  const double accuracy = ImageClassifier(real, 2, kSteps).held_out_accuracy();
  EXPECT_LT(accuracy, 0.75);
}

TEST(ImageClassifier, TheSameDataMakesTheSameWeights) {
  const std::uint32_t checksum = ImageClassifier(halves(200), 2, 20).checksum();
  EXPECT_EQ(checksum, ImageClassifier(halves(199), 2, 20).checksum()) << "the last image is held out";
  EXPECT_NE(checksum, ImageClassifier(halves(198), 2, 20).checksum());
}

TEST(ImageClassifier, NeedsImagesToHoldOut) {
  expect_error<UserError>([] { ImageClassifier(halves(9), 2); }, {"9 images are too few", "at least 10"});
}

}  // namespace
}  // namespace ganymede
