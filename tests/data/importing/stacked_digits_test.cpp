#include "data/importing/stacked_digits.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "data/format/dataset_writer.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

// 30 grey images of 2 x 2; all pixels of sample i are i, and its label is i mod `classes`.
DatasetIndex write_digits(const std::filesystem::path& folder, int classes, std::int64_t channels = 1) {
  std::vector<std::string> names;
  for (int label = 0; label < classes; ++label) names.push_back(fmt::format("class {}", label));
  DatasetWriter writer({.folder = folder,
                        .samples = 30,
                        .spec = image_spec({.channels = channels, .height = 2, .width = 2}, names),
                        .shards = 2});
  const at::Tensor numbers = at::arange(30);
  writer.append(numbers.to(at::kByte).reshape({30, 1, 1, 1}).expand({30, channels, 2, 2}),
                classes == 0 ? at::Tensor() : numbers.remainder(classes));
  return writer.finish();
}

TEST(StackedDigits, TheLabelSpellsTheThreeChannels) {
  const TemporaryFolder folder;
  write_digits(folder / "digits", 10);
  const StackedDigitsOptions options{
      .source = folder / "digits", .out = folder / "stacked", .samples = 3000, .shards = 2};
  make_stacked_digits(options);
  const DatasetIndex index = read_dataset_index(options.out);
  for (std::size_t shard = 0; shard < 2; ++shard) verify_shard(index, shard);
  EXPECT_EQ(index.spec.sample().image_shape(), (ImageShape{.channels = 3, .height = 2, .width = 2}));
  ASSERT_EQ(index.spec.class_names().size(), 1000U);
  for (std::size_t label = 0; label < 1000; ++label)
    EXPECT_EQ(index.spec.class_names()[label], fmt::format("{:03}", label));
  const at::Tensor images = at::empty({3000, 3, 2, 2}, at::kByte), labels = at::empty({3000}, at::kLong);
  DatasetReader reader(index);
  reader.read(index.spec.fields[0], 0, 3000, images);
  reader.read(index.spec.fields[1], 0, 3000, labels);
  const at::Tensor sources = images.select(3, 0).select(2, 0).to(at::kLong);  // [3000, 3]
  EXPECT_TRUE(at::equal(images.to(at::kLong), sources.reshape({3000, 3, 1, 1}).expand({3000, 3, 2, 2})));
  const at::Tensor digits = sources.remainder(10);
  EXPECT_TRUE(at::equal(labels, digits.select(1, 0) * 100 + digits.select(1, 1) * 10 + digits.select(1, 2)));
  // Of 9,000 draws each of the 30 sources has 300 on average; 5 standard deviations are 85.
  for (int source = 0; source < 30; ++source) EXPECT_NEAR(sources.eq(source).sum().item<double>(), 300, 85);
}

TEST(StackedDigits, TheSeedDecidesTheBytes) {
  const TemporaryFolder folder;
  write_digits(folder / "digits", 3);
  const auto make = [&](const char* name, std::uint64_t seed) {
    return make_stacked_digits(
        {.source = folder / "digits", .out = folder / name, .samples = 50, .seed = seed});
  };
  const DatasetIndex one = make("one", 1);
  EXPECT_EQ(one.spec.class_names().size(), 27U);
  EXPECT_EQ(one.spec.class_names().back(), "222");
  EXPECT_EQ(one.shards[0].crc32, make("again", 1).shards[0].crc32);
  EXPECT_NE(one.shards[0].crc32, make("other", 2).shards[0].crc32);
}

TEST(StackedDigits, SourcesOfAnotherKindAreNamed) {
  const TemporaryFolder folder;
  write_digits(folder / "unlabelled", 0);
  write_digits(folder / "many", 11);
  write_digits(folder / "coloured", 10, 3);
  const auto expect_refused = [&](const char* source, const std::vector<std::string>& words) {
    expect_error<UserError>([&] { make_stacked_digits({.source = folder / source, .out = folder / "out"}); },
                            words);
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  };
  expect_refused("unlabelled",
                 {"unlabelled: it holds images of 1 channels and 0 classes", "2 to 10 classes"});
  expect_refused("many", {"many: it holds images of 1 channels and 11 classes"});
  expect_refused("coloured", {"coloured: it holds images of 3 channels", "expected images of 1 channel"});
  expect_refused("absent", {"absent: no such dataset"});
}

}  // namespace
}  // namespace ganymede
