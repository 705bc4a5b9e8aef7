#include "evaluation/caption_agreement.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "data/format/dataset_writer.hpp"
#include "data/samples/captions.hpp"
#include "evaluation/caption_judge.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kShades = 6;

// Grey images of 8 x 8 whose halves have one of six shades each, with noise, and captions that name both: 36
// different ones, over and over.
at::Tensor halves(std::int64_t count, std::uint64_t seed) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(seed);
  const at::Tensor number = at::arange(count).remainder(kShades * kShades);
  const at::Tensor shades = at::stack({number.div(kShades, "floor"), number.remainder(kShades)}, 1);
  const at::Tensor images =
      shades.mul(40).add(20).view({count, 1, 1, 2}).repeat_interleave(4, 3).expand({-1, 1, 8, 8});
  return (images + at::randint(-8, 9, images.sizes(), random, at::kLong)).to(at::kByte);
}

DatasetIndex write_halves(const std::filesystem::path& folder, std::int64_t count, std::uint64_t seed) {
  std::vector<std::string> words;
  for (std::int64_t i = 0; i < 2 * kShades; ++i) words.push_back(fmt::format("w{}", i));
  DataSpec spec = image_spec({.channels = 1, .height = 8, .width = 8});
  spec.fields.push_back(caption_field(2, words));
  const at::Tensor number = at::arange(count).remainder(kShades * kShades);
  const at::Tensor captions =
      at::stack({number.div(kShades, "floor") + 1, number.remainder(kShades) + 1 + kShades}, 1).to(at::kInt);
  DatasetWriter writer({.folder = folder, .samples = count, .spec = spec});
  writer.append({halves(count, seed), captions});
  writer.finish();
  return read_dataset_index(folder);
}

class CaptionAgreements : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const DatasetIndex train_ = write_halves(folder_ / "train", 720, 1);
  const DatasetIndex held_out_ = write_halves(folder_ / "held-out", 72, 2);
};

TEST_F(CaptionAgreements, TellsRightImagesFromOthers) {
  const Figures right = measure_caption_agreement(halves(72, 3), train_, held_out_);
  ASSERT_EQ(right.size(), 3U);
  EXPECT_GT(right[0].value, 0.9);
  EXPECT_LT(right[1].value, 0.2) << "shuffled";
  EXPECT_GT(right[2].value, 0.9);
  const Figures grey = measure_caption_agreement(at::full({72, 1, 8, 8}, 128, at::kByte), train_, held_out_);
  EXPECT_LT(grey[0].value, 0.2);
  EXPECT_EQ(grey[0].meaning, right[0].meaning) << "the same judge again, by its checksum";
  EXPECT_EQ(grey[2].value, right[2].value);
}

TEST_F(CaptionAgreements, RefuseWhatTheyCannotCompare) {
  expect_error<UserError>([&] { measure_caption_agreement(halves(20, 3), train_, held_out_); },
                          {"20 held-out captions", "among 32"});
  expect_error<UserError>(
      [&] {
        measure_caption_agreement(at::zeros({72, 1, 4, 4}, at::kByte), train_, held_out_);
      },
      {"[72, 1, 4, 4]", "[72, 1, 8, 8]"});
}

}  // namespace
}  // namespace ganymede
