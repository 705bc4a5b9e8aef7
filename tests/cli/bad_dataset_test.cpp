// Mistakes in a dataset: the file, the place in it, what was found and expected.
#include <fstream>

#include "tests/cli/refusal.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class BadDatasetTest : public ProgramTest {
 protected:
  BadDatasetTest() { fs::copy(dataset(), copy_, fs::copy_options::recursive); }

  void edit_index(const std::function<void(Json&)>& edit) const {
    Json index = Json::parse(read_text(copy_ / "index.json"));
    edit(index);
    write_text(copy_ / "index.json", index.dump(2));
  }

  // `dataset verify` refuses it, and training does too.
  void expect_refused(int exit_code, const Words& words) const {
    expect_verification_refused(exit_code, words);
    expect_training_refused(exit_code, words);
  }
  void expect_verification_refused(int exit_code, const Words& words) const {
    expect_refusal(folder_.path(), {"dataset", "verify", "copy"}, 0, exit_code, words);
  }
  void expect_training_refused(int exit_code, const Words& words, const Words& settings = {}) const {
    Words all{"data.path=copy"};
    all.insert(all.end(), settings.begin(), settings.end());
    expect_refusal(folder_.path(), train_arguments("new", all), 2, exit_code, words);
  }

  const fs::path copy_ = folder_ / "copy";
  const fs::path shard_ = copy_ / "shard_00001.h5";
};

TEST_F(BadDatasetTest, Missing) {
  fs::remove_all(copy_);
  expect_refused(kUserMistake, {"no dataset 'copy'", "data/copy", "ganymede dataset import"});
}

TEST_F(BadDatasetTest, MissingAtAnAbsolutePath) {
  fs::remove_all(copy_);
  expect_training_refused(kUserMistake, {copy_.string() + ": no such dataset", "ganymede dataset import"},
                          {"data.path=" + copy_.string()});
}

TEST_F(BadDatasetTest, AFileInPlaceOfAFolder) {
  expect_training_refused(kUserMistake, {"copy/index.json is a file", "expected a dataset folder"},
                          {"data.path=copy/index.json"});
}

TEST_F(BadDatasetTest, EmptyFolder) {
  fs::remove_all(copy_);
  fs::create_directory(copy_);
  expect_refused(kBadData, {"copy: the folder is empty", "ganymede dataset import"});
}

TEST_F(BadDatasetTest, MissingShard) {
  fs::remove(shard_);
  expect_verification_refused(kBadData,
                              {"shard_00001.h5: No such file", "index.json lists it", "copy it again"});
}

TEST_F(BadDatasetTest, TruncatedShard) {
  const auto bytes = fs::file_size(shard_);
  fs::resize_file(shard_, bytes / 2);
  expect_refused(kBadData, {"shard_00001.h5: the file is truncated", std::to_string(bytes / 2),
                            "expected " + std::to_string(bytes), "copy it again"});
}

TEST_F(BadDatasetTest, ShardWithAWrongChecksum) {
  flip_byte(shard_, fs::file_size(shard_) - 1000);
  expect_refused(kBadData, {"shard_00001.h5: the CRC-32 is", "expected", "damaged", "copy it again"});
}

TEST_F(BadDatasetTest, IndexOfAnotherVersion) {
  edit_index([](Json& index) { index["version"] = 2; });
  expect_refused(kBadData, {"index.json: version 2", "reads version 1", "import the data again"});
}

TEST_F(BadDatasetTest, IndexOfAnotherFormat) {
  edit_index([](Json& index) { index["format"] = "webdataset"; });
  expect_verification_refused(kBadData,
                              {"index.json: format is \"webdataset\"", "expected \"ganymede-dataset\""});
}

TEST_F(BadDatasetTest, IndexWithZeroSamples) {
  edit_index([](Json& index) {
    index["samples"] = 0;
    index["shards"] = Json::array();
  });
  expect_refused(kBadData, {"index.json: samples is 0", "at least one sample", "import the data again"});
}

TEST_F(BadDatasetTest, IndexThatDoesNotAddUp) {
  edit_index([](Json& index) { index["samples"] = 255; });
  expect_verification_refused(kBadData, {"index.json: samples is 255", "hold 256 together"});
}

TEST_F(BadDatasetTest, IndexWithAWrongType) {
  edit_index([](Json& index) { index["images"]["height"] = "tall"; });
  expect_verification_refused(kBadData, {"index.json", "height", "integer"});
}

TEST_F(BadDatasetTest, IndexThatIsNoJson) {
  write_text(copy_ / "index.json", R"({"format": )");
  expect_verification_refused(kBadData, {"index.json"});
}

TEST_F(BadDatasetTest, IndexOfOtherImages) {
  edit_index([](Json& index) { index["images"]["height"] = 27; });
  expect_refused(kBadData,
                 {"shard_00000.h5: 'images' is", "[128, 1, 28, 28]", "expected", "[128, 1, 27, 28]"});
}

TEST_F(BadDatasetTest, ImagesThatTheNetworkCannotMake) {
  fs::remove_all(copy_);
  import_test_dataset(copy_, {.samples = 32, .height = 30, .width = 30});
  expect_refusal(
      folder_.path(),
      {"train", "dcgan", "--run", "new", "--set", "data.path=copy", "--set", "data.global_batch_size=8"}, 2,
      kUserMistake, {"dcgan_generator", "multiples of 4", "30 x 30"});
}

TEST_F(BadDatasetTest, ResumeOnAnotherDataset) {
  train("run", 1, {"train.steps=1", "data.path=copy"});
  fs::remove_all(copy_);
  import_test_dataset(copy_, {.samples = 128});
  expect_refusal(folder_.path(), resume_arguments("run", {"train.steps=2"}), 2, kBadData,
                 {"copy: this is not the dataset", "128 samples", "256", "--allow-change data.path"});
}

class BadIdxTest : public ProgramTest {
 protected:
  void expect_refused(const Words& words, const Words& more = {}, int exit_code = kBadData) const {
    Words arguments{"dataset", "import", "idx", "--images", "images", "--out", "new"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refusal(folder_.path(), arguments, 0, exit_code, words);
  }
};

TEST_F(BadIdxTest, ZeroImages) {
  write_idx_images(folder_ / "images", {.samples = 0});
  expect_refused({"images: byte 4: 0 samples", "at least one"});
}

TEST_F(BadIdxTest, TruncatedImages) {
  write_idx_images(folder_ / "images", {.samples = 4});
  fs::resize_file(folder_ / "images", 1000);
  expect_refused({"images: truncated at byte 1000", "4 samples = 3136 bytes"});
}

TEST_F(BadIdxTest, LabelsInPlaceOfImages) {
  write_idx_labels(folder_ / "images", 4);
  expect_refused({"images: byte 0: magic number 0x00000801 (IDX labels)", "expected 0x00000803"});
}

TEST_F(BadIdxTest, FewerLabelsThanImages) {
  write_idx_images(folder_ / "images", {.samples = 4});
  write_idx_labels(folder_ / "labels", 3);
  expect_refused({"labels: 3 labels for the 4 images"}, {"--labels", "labels"});
}

TEST_F(BadIdxTest, MissingFile) {
  expect_refused({"images", "No such file"}, {}, kUserMistake);
}

TEST_F(BadIdxTest, OutputThatExists) {
  write_idx_images(folder_ / "images", {.samples = 4});
  fs::create_directory(folder_ / "new");
  expect_refused({"new exists already", "choose another name"}, {}, kUserMistake);
}

TEST_F(BadIdxTest, MoreShardsThanImages) {
  write_idx_images(folder_ / "images", {.samples = 4});
  expect_refused({"5", "shards", "4"}, {"--shards", "5"}, kUserMistake);
}

}  // namespace
}  // namespace ganymede
