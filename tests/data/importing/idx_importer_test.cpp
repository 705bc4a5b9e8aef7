#include "data/importing/idx_importer.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// A header of big-endian words, then bytes.
std::string idx(const std::vector<std::uint32_t>& header, const std::string& values) {
  std::string bytes;
  for (const std::uint32_t word : header)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 0xFF);
  return bytes + values;
}

// 10 images of 3 x 2: pixel p of sample i is 6 i + p; the label of sample i is i mod 4.
class IdxImporter : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 60; ++i) pixels_ += static_cast<char>(i);
    for (int i = 0; i < 10; ++i) labels_ += static_cast<char>(i % 4);
    write_images({0x803, 10, 3, 2}, pixels_);
    write_labels({0x801, 10}, labels_);
  }

  void write_images(const std::vector<std::uint32_t>& header, const std::string& values) {
    write_text(options_.images, idx(header, values));
  }
  void write_labels(const std::vector<std::uint32_t>& header, const std::string& values) {
    write_text(*options_.labels, idx(header, values));
  }

  template <typename Exception>
  void expect_refused(const std::vector<std::string>& words) {
    expect_error<Exception>([&] { import_idx(options_); }, words);
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      EXPECT_TRUE(entry.is_regular_file()) << entry.path() << " is left behind";
  }

  TemporaryFolder folder_;
  IdxImportOptions options_{.images = folder_ / "images.idx",
                            .labels = folder_ / "labels.idx",
                            .out = folder_ / "out",
                            .shards = 3};
  std::string pixels_, labels_;
};

TEST_F(IdxImporter, ImportsImagesAndLabels) {
  const DatasetIndex index = import_idx(options_);
  EXPECT_EQ(index.samples, 10);
  EXPECT_EQ(index.spec.sample().image_shape(), (ImageShape{.channels = 1, .height = 3, .width = 2}));
  EXPECT_THAT(index.spec.class_names(), testing::ElementsAre("0", "1", "2", "3"));
  const DatasetIndex again = read_dataset_index(options_.out);
  for (std::size_t shard = 0; shard < 3; ++shard) verify_shard(again, shard);
  DatasetReader reader(again);
  const at::Tensor images = at::empty({10, 1, 3, 2}, at::kByte), labels = at::empty({10}, at::kLong);
  reader.read(index.spec.fields[0], 0, 10, images);
  reader.read(index.spec.fields[1], 0, 10, labels);
  EXPECT_TRUE(at::equal(images, at::arange(60).to(at::kByte).reshape({10, 1, 3, 2})));
  EXPECT_TRUE(at::equal(labels, at::arange(10).remainder(4)));
}

TEST_F(IdxImporter, ImportsGzipToTheSameBytes) {
  const DatasetIndex plain = import_idx(options_);
  ASSERT_EQ(std::system(("gzip " + options_.images.string() + " " + options_.labels->string()).c_str()), 0);
  options_.images += ".gz";
  *options_.labels += ".gz";
  options_.out = folder_ / "packed";
  const DatasetIndex packed = import_idx(options_);
  for (std::size_t shard = 0; shard < 3; ++shard)
    EXPECT_EQ(packed.shards[shard].crc32, plain.shards[shard].crc32);
}

TEST_F(IdxImporter, GzipNeedsNoSuffix) {
  const std::uint32_t plain = import_idx(options_).shards[0].crc32;
  fs::remove_all(options_.out);
  ASSERT_EQ(std::system(("gzip " + options_.images.string()).c_str()), 0);
  fs::rename(options_.images.string() + ".gz", options_.images);
  EXPECT_EQ(import_idx(options_).shards[0].crc32, plain);
}

TEST_F(IdxImporter, ImportsWithoutLabelsAndWithNames) {
  options_.class_names = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(import_idx(options_).spec.class_names(), options_.class_names);
  const IdxImportOptions images_only{.images = options_.images, .out = folder_ / "images-only"};
  EXPECT_FALSE(import_idx(images_only).spec.find(Meaning::label));
  verify_shard(read_dataset_index(images_only.out), 0);
}

// As the letters of EMNIST have them.
TEST_F(IdxImporter, LabelsFromOneMakeNoEmptyClass) {
  for (char& label : labels_) ++label;
  write_labels({0x801, 10}, labels_);
  EXPECT_THAT(import_idx(options_).spec.class_names(), testing::ElementsAre("1", "2", "3", "4"));
  const DatasetIndex index = read_dataset_index(options_.out);
  const at::Tensor labels = at::empty({10}, at::kLong);
  DatasetReader(index).read(index.spec.fields[1], 0, 10, labels);
  EXPECT_TRUE(at::equal(labels, at::arange(10).remainder(4)));
}

TEST_F(IdxImporter, ImportsIntegersOfFourBytes) {
  std::vector<std::uint32_t> labels{0xC01, 10}, pixels{0xC03, 10, 3, 2};
  for (const char label : labels_) labels.push_back(static_cast<std::uint32_t>(label));
  for (const char pixel : pixels_) pixels.push_back(static_cast<std::uint32_t>(pixel));
  const DatasetIndex bytes = import_idx(options_);
  write_labels(labels, "");
  write_images(pixels, "");
  options_.out = folder_ / "wide";
  const DatasetIndex index = import_idx(options_);
  for (std::size_t shard = 0; shard < 3; ++shard)
    EXPECT_EQ(index.shards[shard].crc32, bytes.shards[shard].crc32);
  fs::remove_all(folder_ / "out");
  fs::remove_all(folder_ / "wide");
  pixels.back() = 256;
  write_images(pixels, "");
  expect_refused<DataError>({"images.idx: byte 252: 256; expected 0 to 255"});
  pixels.back() = 0xFFFFFFFF;
  write_images(pixels, "");
  expect_refused<DataError>({"images.idx: byte 252: -1; expected 0 to 255"});
}

TEST_F(IdxImporter, WrongMagicNumbersAreNamed) {
  std::swap(options_.images, *options_.labels);
  expect_refused<DataError>(
      {"labels.idx: byte 0: magic number 0x00000801 (IDX labels)", "expected 0x00000803 (IDX images)"});
  std::swap(options_.images, *options_.labels);
  write_labels({0x12345678, 10}, labels_);
  expect_refused<DataError>({"labels.idx: byte 0: magic number 0x12345678; expected 0x00000801"});
}

TEST_F(IdxImporter, TruncatedAndLongFilesAreNamed) {
  write_images({0x803, 10, 3, 2}, pixels_.substr(0, 50));
  expect_refused<DataError>({"images.idx: truncated at byte 66",
                             "the header says 10 samples = 60 bytes after it, the file has 50"});
  write_images({0x803, 10, 3, 2}, pixels_ + "xy");
  expect_refused<DataError>({"images.idx: byte 76: 2 bytes too many", "10 samples = 60 bytes"});
  write_images({0x803, 10}, "");
  expect_refused<DataError>({"images.idx: truncated: the header needs bytes 8 to 11, the file has 8"});
  write_text(options_.images, "");
  expect_refused<DataError>({"images.idx: truncated", "the file has 0 bytes"});
}

TEST_F(IdxImporter, ImpossibleSizesAreNamed) {
  write_images({0x803, 0, 3, 2}, "");
  expect_refused<DataError>({"images.idx: byte 4: 0 samples; expected at least one"});
  write_images({0x803, 10, 0, 2}, "");
  expect_refused<DataError>({"images.idx: byte 8: the height is 0; expected 1 to 16384"});
  write_images({0x803, 10, 3, 0xFFFFFFFF}, pixels_);
  expect_refused<DataError>({"images.idx: byte 12: the width is 4294967295; expected 1 to 16384"});
}

TEST_F(IdxImporter, LabelsThatDoNotFitAreNamed) {
  write_labels({0x801, 9}, labels_.substr(0, 9));
  expect_refused<DataError>({"labels.idx: 9 labels for the 10 images of", "images.idx"});
  write_labels({0x801, 10}, labels_);
  options_.class_names = {"a", "b", "c"};
  expect_refused<DataError>(
      {"labels.idx: byte 11: the label of sample 3 is 3; expected 0 to 2", "3 class names"});
}

TEST_F(IdxImporter, WrongOptionsAreNamed) {
  options_.shards = 11;
  expect_refused<UserError>({"11 shards for 10 samples; expected at most 10"});
  options_.shards = 0;
  expect_refused<UserError>({"the number of shards is 0; expected at least 1"});
  options_.shards = 1;
  options_.labels.reset();
  options_.class_names = {"a"};
  expect_refused<UserError>({"class names are given, but no labels"});
  options_.class_names.clear();
  options_.images = folder_ / "missing.idx";
  expect_refused<UserError>({"missing.idx: cannot read (No such file"});
}

TEST_F(IdxImporter, AnExistingFolderIsLeftAlone) {
  fs::create_directory(options_.out);
  write_text(options_.out / "precious", "kept");
  expect_error<UserError>([&] { import_idx(options_); },
                          {"out exists already; choose another name or remove it"});
  EXPECT_EQ(read_text(options_.out / "precious"), "kept");
}

TEST_F(IdxImporter, AFullDiskLeavesNothingBehind) {
  write_images({0x803, 10, 100, 100}, std::string(100000, 'x'));
  const FullDisk full(20000);
  expect_refused<UserError>({"shard_00000.h5: cannot"});
}

}  // namespace
}  // namespace ganymede
