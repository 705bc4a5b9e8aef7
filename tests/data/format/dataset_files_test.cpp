// The files of a dataset: written, read, verified, and exchanged with another program.
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "storage/checksum.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

int run_python(const std::string& script, const std::string& arguments) {
  return std::system(
      fmt::format("{} {}/tests/data/{} {}", GANYMEDE_PYTHON, GANYMEDE_SOURCE_DIR, script, arguments).c_str());
}

TEST(DatasetReader, ReadsAnyRangeAcrossShards) {
  const TemporaryFolder folder;
  DatasetReader reader(
      write_small_dataset(folder / "small", {.samples = 23, .shards = 5, .rows_per_chunk = 4}));
  const at::Tensor images = at::empty({23, 2, 3, 4}, at::kByte);
  const at::Tensor labels = at::empty({23}, at::kLong);
  for (std::int64_t first = 0; first <= 22; ++first)
    for (std::int64_t count = 1; first + count <= 23; ++count) {
      reader.read(reader.index().spec.fields[0], first, count, images);
      reader.read(reader.index().spec.fields[1], first, count, labels);
      EXPECT_TRUE(at::equal(images.narrow(0, 0, count), small_images(first, count)));
      EXPECT_TRUE(at::equal(labels.narrow(0, 0, count), small_labels(first, count)));
    }
}

TEST(DatasetReader, OpensMoreShardsThanItKeepsOpen) {
  const TemporaryFolder folder;
  DatasetReader reader(write_small_dataset(folder / "small", {.samples = 150, .shards = 150}));
  const at::Tensor images = at::empty({150, 2, 3, 4}, at::kByte);
  for (int round = 0; round < 2; ++round) {
    reader.read(reader.index().spec.fields[0], 0, 150, images.fill_(0));
    EXPECT_TRUE(at::equal(images, small_images(0, 150)));
  }
}

TEST(DatasetFiles, AnotherProgramReadsThem) {
  const TemporaryFolder folder;
  write_small_dataset(folder / "small");
  EXPECT_EQ(run_python("read_dataset.py", (folder / "small").string() + " 100"), 0);
}

TEST(DatasetFiles, ThoseOfAnotherProgramAreRead) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_python("write_dataset.py", (folder / "theirs").string()), 0);
  const DatasetIndex index = read_dataset_index(folder / "theirs");
  for (std::size_t shard = 0; shard < index.shards.size(); ++shard) verify_shard(index, shard);
  const at::Tensor images = at::empty({8, 1, 2, 2}, at::kByte);
  DatasetReader(index).read(index.spec.sample(), 0, 8, images);
  for (int sample = 0; sample < 8; ++sample) EXPECT_EQ(images[sample].max().item<int>(), 10 * sample);
}

TEST(DatasetWriter, RefusesWhatMakesNoSense) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "taken");
  expect_error<UserError>([&] { write_small_dataset(folder / "taken"); },
                          {"taken exists already", "remove it"});
  expect_error<UserError>([&] { write_small_dataset(folder / "new", {.samples = 3, .shards = 4}); },
                          {"4 shards for 3 samples", "at most 3"});
  expect_error<UserError>([&] { write_small_dataset(folder / "new", {.shards = 0}); },
                          {"shards is 0", "at least 1"});
  EXPECT_FALSE(fs::exists(folder / "new"));
}

TEST(DatasetWriter, TakesAsManyClassesAsAnAttributeHolds) {
  const TemporaryFolder folder;
  DatasetWriterOptions options{
      .folder = folder / "many",
      .samples = 10,
      .spec = image_spec(kSmallShape, std::vector<std::string>(4000, "a name of some length"))};
  DatasetWriter writer(options);
  writer.append(small_images(0, 10), small_labels(0, 10));
  const DatasetIndex index = writer.finish();
  EXPECT_NO_THROW(verify_shard(index, 0));
  options.folder = folder / "more";
  options.spec = image_spec(kSmallShape, std::vector<std::string>(4001, "a name of some length"));
  expect_error<UserError>([&] { DatasetWriter{options}; }, {"more: 4001 classes; expected at most 4000"});
  EXPECT_FALSE(fs::exists(folder / "more"));
}

TEST(DatasetWriter, RefusesClassNamesThatItsFilesCannotHold) {
  const TemporaryFolder folder;
  const DatasetWriterOptions options{
      .folder = folder / "new", .samples = 1, .spec = image_spec(kSmallShape, {"tea", "caf\xE9"})};
  expect_error<UserError>([&] { DatasetWriter{options}; }, {"is not UTF-8", "write it in UTF-8"});
}

class ShardVerification : public testing::Test {
 protected:
  // Rewrites shard 1 with `write`, and its size and checksum in the index, so that only the contents differ.
  template <typename Write>
  void expect_refused(Write write, const std::vector<std::string>& words) {
    const fs::path path = index_.shard_path(1);
    Hdf5File file = Hdf5File::create(path);
    write(file);
    file.close();
    DatasetIndex index = index_;
    index.shards[1].bytes = static_cast<std::int64_t>(fs::file_size(path));
    index.shards[1].crc32 = crc32_of_file(path);
    expect_error<DataError>([&] { verify_shard(index, 1); }, words);
  }

  TemporaryFolder folder_;
  DatasetIndex index_ = write_small_dataset(folder_ / "small", {.samples = 20, .shards = 2});
};

TEST_F(ShardVerification, AcceptsWhatTheWriterWrote) {
  for (std::size_t shard = 0; shard < 2; ++shard) EXPECT_NO_THROW(verify_shard(index_, shard));
}

TEST_F(ShardVerification, FindsOneChangedByte) {
  std::string bytes = read_text(index_.shard_path(0));
  bytes[bytes.size() / 2] ^= 1;
  write_text(index_.shard_path(0), bytes);
  expect_error<DataError>(
      [&] { verify_shard(index_, 0); },
      {"shard_00000.h5: the CRC-32 is", fmt::format("expected {:08x}", index_.shards[0].crc32)});
}

TEST_F(ShardVerification, FindsContentsThatDisagreeWithTheIndex) {
  const auto write = [&](Hdf5File& file, std::int64_t version, std::int64_t samples,
                         const std::vector<std::string>& names, const at::Tensor& labels) {
    file.write_tensor("images", small_images(10, 10));
    file.write_tensor("labels", labels);
    file.write_attribute("format_version", version);
    file.write_attribute("samples", samples);
    file.write_attribute("class_names", names);
  };
  const at::Tensor labels = small_labels(10, 10);
  expect_refused([&](Hdf5File& file) { file.write_tensor("images", small_images(10, 9)); },
                 {"shard_00001.h5: 'images' is Byte [9, 2, 3, 4]; expected Byte [10, 2, 3, 4]"});
  expect_refused([&](Hdf5File& file) { file.write_tensor("images", small_images(10, 10)); },
                 {"shard_00001.h5", "'labels'"});
  expect_refused([&](Hdf5File& file) { write(file, 1, 10, index_.spec.class_names(), labels.to(at::kInt)); },
                 {"'labels' is Int [10]; expected Long [10]"});
  expect_refused([&](Hdf5File& file) { write(file, 2, 10, index_.spec.class_names(), labels); },
                 {"'format_version' is 2; expected 1"});
  expect_refused([&](Hdf5File& file) { write(file, 1, 11, index_.spec.class_names(), labels); },
                 {"'samples' is 11; expected 10"});
  expect_refused([&](Hdf5File& file) { write(file, 1, 10, {"one"}, labels); },
                 {"'class_names' is [one]; expected [class 0, class 1"});
  expect_refused([&](Hdf5File& file) { write(file, 1, 10, index_.spec.class_names(), labels + 3); },
                 {"labels[7] is 10; expected 0 to 9"});
}

}  // namespace
}  // namespace ganymede
