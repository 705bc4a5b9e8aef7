#include "data/importing/coco_importer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/samples/captions.hpp"
#include "storage/json_file.hpp"
#include "storage/pictures/png_image.hpp"
#include "tests/support/imported_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class CocoImporter : public testing::Test {
 protected:
  CocoImporter() {
    fs::create_directories(options_.images);
    for (int value : {10, 20, 30})
      write_png(options_.images / fmt::format("{}.png", value), at::full({1, 4, 4}, value, at::kByte));
  }

  void write_captions(const Json& json) { write_json_atomically(options_.captions, json); }

  // "value: caption" of each sample.
  std::vector<std::string> import_pairs() {
    fs::remove_all(options_.out);
    import_coco(options_);
    const ImportedDataset found = read_imported(options_.out);
    const Field& field = found.index.spec.fields.at(1);
    const at::Tensor tokens = at::empty(field.sizes(found.index.samples), field.stored());
    DatasetReader(found.index).read(field, 0, found.index.samples, tokens);
    const CaptionCoder coder(field);
    std::vector<std::string> pairs;
    for (std::int64_t i = 0; i < tokens.size(0); ++i)
      pairs.push_back(
          fmt::format("{}: {}", found.images[i][0][0][0].item<int>(), coder.decode(tokens[i].to(at::kLong))));
    return pairs;
  }
  std::vector<std::string> words() { return read_dataset_index(options_.out).spec.fields[1].names; }

  template <typename Exception = DataError>
  void expect_refused(const std::vector<std::string>& words) {
    expect_nothing_left<Exception>(
        folder_.path(), [&] { import_coco(options_); }, words);
  }

  TemporaryFolder folder_;
  CocoImportOptions options_{.captions = folder_ / "captions.json",
                             .images = folder_ / "pictures",
                             .out = folder_ / "out",
                             .shape = {.channels = 1, .height = 4, .width = 4}};
  const Json good_ = Json::parse(R"({
    "info": {"year": 2014},
    "images": [{"id": 7, "file_name": "20.png", "license": 1}, {"id": 3, "file_name": "10.png"},
               {"id": 9, "file_name": "30.png"}],
    "annotations": [{"id": 2, "image_id": 9, "caption": "the red Heart"}, {"id": 5, "image_id": 3, "caption": "a heart."},
                    {"id": 4, "image_id": 3, "caption": "heart; red"}, {"id": 1, "image_id": 7, "caption": "a sun"}]})");
};

TEST_F(CocoImporter, EachPairIsASampleInWhateverOrderTheyStand) {
  write_captions(good_);
  const std::vector<std::string> pairs{"10: heart red", "10: a heart", "20: a sun", "30: the red heart"};
  EXPECT_EQ(import_pairs(), pairs);
  EXPECT_THAT(words(), ElementsAre("", "heart", "a", "red", "sun", "the"));
  EXPECT_EQ(read_dataset_index(options_.out).spec.fields[1].shape, std::vector<std::int64_t>{3});
  Json turned = good_;
  for (const char* list : {"images", "annotations"}) std::reverse(turned[list].begin(), turned[list].end());
  write_captions(turned);
  options_.shards = 2;
  EXPECT_EQ(import_pairs(), pairs);
}

TEST_F(CocoImporter, LongCaptionsAreCutAndRareWordsLeftOut) {
  write_captions(good_);
  options_.longest = 2;
  EXPECT_EQ(import_pairs().back(), "30: the red");
  options_.longest = {};
  options_.least_count = 2;
  EXPECT_THAT(import_pairs(), ElementsAre("10: heart red", "10: a heart", "20: a", "30: red heart"));
  EXPECT_THAT(words(), ElementsAre("", "heart", "a", "red"));
  options_.least_count = 3;
  fs::remove_all(options_.out);
  expect_refused({"1 of 4", "image 7 (20.png)", "rare words only: a, sun", "--skip-bad"});
}

TEST_F(CocoImporter, HeldOutCaptionsGetTheVocabularyOfTheOthers) {
  write_captions(good_);
  import_pairs();
  const std::vector<std::string> before = words();
  options_.vocabulary = folder_ / "out";
  options_.out = folder_ / "held-out";
  Json held_out = good_;
  held_out["annotations"][0]["caption"] = "sun sun sun sun";
  write_captions(held_out);
  EXPECT_EQ(import_pairs().back(), "30: sun sun sun");
  EXPECT_EQ(words(), before);
  held_out["annotations"][0]["caption"] = "blue sun, green";
  write_captions(held_out);
  fs::remove_all(options_.out);
  expect_refused({"1 of 4", "image 9 (30.png)", "out lacks: blue, green"});
  options_.skip_bad = true;
  EXPECT_EQ(import_pairs().size(), 3U);
}

TEST_F(CocoImporter, NamesAllPairsThatCannotBeUsed) {
  Json bad = good_;
  bad["annotations"][0]["image_id"] = 8;
  bad["annotations"][1]["caption"] = " ! ";
  bad["images"][0]["file_name"] = "none.png";
  write_captions(bad);
  expect_refused({"captions.json: 3 of 5", "annotation 2 of image 8, but there is no such image",
                  "annotation 5 of image 3: ' ! ' has no words", "image 9 (30.png) has no caption"});
  options_.skip_bad = true;
  EXPECT_THAT(import_pairs(), ElementsAre("10: heart red"));
  EXPECT_THAT(words(), ElementsAre("", "heart", "red"));
}

TEST_F(CocoImporter, NamesPicturesThatCannotBeRead) {
  write_captions(good_);
  fs::remove(options_.images / "20.png");
  write_text(options_.images / "30.png", "no picture");
  expect_refused({"2 of 4", "image 7: ", "20.png", "image 9: ", "30.png"});
  for (int value : {10, 20, 30}) fs::remove(options_.images / fmt::format("{}.png", value));
  options_.skip_bad = true;
  expect_refused({"4 of 4", "at least one pair"});
  options_.images = folder_ / "none";
  expect_refused<UserError>({"none", "no such folder"});
}

TEST_F(CocoImporter, RefusesWhatIsNoListOfCaptions) {
  const auto refuses = [&](const char* pointer, const Json& value, const std::vector<std::string>& words) {
    Json bad = good_;
    bad[Json::json_pointer(pointer)] = value;
    write_captions(bad);
    expect_refused(words);
  };
  refuses("/images/1/id", 7, {"captions.json: images[1].id is 7", "no other image"});
  refuses("/annotations/1/id", 2, {"annotations[1].id is 2", "no other annotation"});
  refuses("/annotations/2/caption", 5, {"annotations[2].caption is 5; expected a text"});
  refuses("/annotations/2/image_id", "x", {"annotations[2].image_id is \"x\"; expected an integer"});
  refuses("/annotations", 3, {"annotations is 3; expected a list of objects"});
  refuses("/images", nullptr, {"images is null"});
  write_captions({{"images", Json::array()}, {"annotations", Json::array()}});
  expect_refused({"no images and no annotations"});
  write_text(options_.captions, "{\"images\": [], \"annotations\": [{\"caption\": \"caf\xE9\"}]}");
  expect_refused({"captions.json: not valid JSON", "line 1", "UTF-8"});
}

}  // namespace
}  // namespace ganymede
