#include "data/format/dataset_index.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "storage/json_file.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class DatasetIndexFile : public testing::Test {
 protected:
  // Changes the index, expects reading it to fail with all of `words`, and puts the index back.
  template <typename Change>
  void expect_data_error(Change change, const std::vector<std::string>& words) {
    const Json original = read_json(folder_ / "index.json");
    Json json = original;
    change(json);
    write_json_atomically(folder_ / "index.json", json);
    expect_error<DataError>([&] { read_dataset_index(folder_); }, words);
    write_json_atomically(folder_ / "index.json", original);
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_ / "small";
  DatasetIndex written_ = write_small_dataset(folder_);
};

TEST_F(DatasetIndexFile, IsReadAsItWasWritten) {
  const DatasetIndex index = read_dataset_index(folder_);
  EXPECT_EQ(index.samples, 100);
  EXPECT_EQ(index.spec.sample().image_shape(), kSmallShape);
  EXPECT_EQ(index.rows_per_chunk, 8);
  EXPECT_EQ(index.spec.class_names(), written_.spec.class_names());
  ASSERT_EQ(index.shards.size(), 3U);
  const std::vector<std::int64_t> samples{34, 33, 33};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(index.shards[i].file, fmt::format("shard_{:05}.h5", i));
    EXPECT_EQ(index.shards[i].samples, samples[i]);
    EXPECT_EQ(index.shards[i].crc32, written_.shards[i].crc32);
  }
}

TEST_F(DatasetIndexFile, IsDescribedForAPerson) {
  const std::string text = describe_dataset(written_);
  for (const char* words :
       {"samples  100", "2 x 3 x 4", "10: class 0, class 1", "shards   3", "shard_00002.h5"})
    EXPECT_THAT(text, testing::HasSubstr(words));
}

TEST_F(DatasetIndexFile, WrongFieldsAreNamed) {
  expect_data_error([](Json& json) { json["format"] = "tar"; },
                    {"index.json: format is \"tar\"", "expected \"ganymede-dataset\""});
  expect_data_error([](Json& json) { json["version"] = 2; },
                    {"index.json: version 2; this program reads version 1"});
  expect_data_error([](Json& json) { json["samples"] = 0; }, {"index.json: samples is 0", "at least one"});
  expect_data_error([](Json& json) { json["samples"] = 101; },
                    {"index.json: samples is 101, but the 3 shards hold 100"});
  expect_data_error([](Json& json) { json.erase("images"); }, {"images is missing; expected an object"});
  expect_data_error([](Json& json) { json["images"]["height"] = "tall"; },
                    {"images.height is \"tall\"; expected an integer"});
  expect_data_error([](Json& json) { json["shards"][1]["samples"] = -3; },
                    {"shards[1].samples is -3", "at least 1"});
  expect_data_error([](Json& json) { json["shards"][0]["crc32"] = 4294967296; },
                    {"shards[0].crc32 is 4294967296", "at most 4294967295"});
  expect_data_error([](Json& json) { json["shards"][1]["file"] = "../other.h5"; },
                    {"shards[1].file", "../other.h5"});
  expect_data_error([](Json& json) { json["shards"][2]["file"] = "shard_00001.h5"; },
                    {"shards[2].file", "shard_00001.h5", "second time"});
}

TEST_F(DatasetIndexFile, MissingTruncatedAndLongShardsAreNamed) {
  const fs::path shard = folder_ / "shard_00001.h5";
  const auto bytes = fs::file_size(shard);
  fs::resize_file(shard, bytes + 1);
  expect_error<DataError>([&] { read_dataset_index(folder_); },
                          {"shard_00001.h5: the file is too long", fmt::format("expected {}", bytes)});
  fs::resize_file(shard, 100);
  expect_error<DataError>(
      [&] { read_dataset_index(folder_); },
      {"shard_00001.h5: the file is truncated: 100 bytes", fmt::format("expected {}", bytes)});
  fs::remove(shard);
  expect_error<DataError>([&] { read_dataset_index(folder_); }, {"shard_00001.h5: No such file"});
}

TEST_F(DatasetIndexFile, FoldersThatAreNoDatasetAreNamed) {
  expect_error<UserError>([&] { read_dataset_index(temporary_ / "absent"); },
                          {"absent: no such dataset", "ganymede dataset import"});
  fs::create_directory(temporary_ / "empty");
  expect_error<DataError>([&] { read_dataset_index(temporary_ / "empty"); },
                          {"empty: the folder is empty", "ganymede dataset import"});
  write_text(temporary_ / "empty/other", "");
  expect_error<DataError>([&] { read_dataset_index(temporary_ / "empty"); }, {"it has no index.json"});
  expect_error<UserError>([&] { read_dataset_index(folder_ / "index.json"); }, {"index.json is a file"});
  write_text(folder_ / "index.json", "{\"format\": ");
  expect_error<DataError>([&] { read_dataset_index(folder_); }, {"index.json: not valid JSON", "line 1"});
}

TEST_F(DatasetIndexFile, IsFoundByNameInTheFolderOfDatasets) {
  setenv("GANYMEDE_DATA", temporary_.path().c_str(), 1);
  EXPECT_EQ(find_dataset("small"), folder_);
  expect_error<UserError>(
      [] { find_dataset("no-such-dataset"); },
      {"no dataset 'no-such-dataset'", (temporary_ / "no-such-dataset").string(), "data/no-such-dataset"});
  unsetenv("GANYMEDE_DATA");
  EXPECT_EQ(find_dataset(folder_), folder_);
  EXPECT_EQ(find_dataset("/absent"), "/absent");
  expect_error<UserError>([] { find_dataset("no-such-dataset"); },
                          {"data/no-such-dataset", "$GANYMEDE_DATA is not set"});
}

}  // namespace
}  // namespace ganymede
