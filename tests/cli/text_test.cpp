// Images from captions as a user makes them: import, training, samples of a text.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TextToImageTest : public ProgramTest {
 protected:
  // 24 pairs of one picture and captions of two words.
  TextToImageTest() {
    fs::create_directories(folder_ / "pictures");
    fs::copy_file(fs::path(GANYMEDE_SOURCE_DIR) / "experiments/dcgan/tuned.png",
                  folder_ / "pictures/one.png");
    nlohmann::json captions{{"images", {{{"id", 1}, {"file_name", "one.png"}}}}};
    for (const char* colour : {"red", "green", "blue", "grey"})
      for (const char* thing : {"heart", "sun", "tree", "house", "hat", "cat"})
        captions["annotations"].push_back({{"image_id", 1}, {"caption", std::string(colour) + " " + thing}});
    write_text(folder_ / "captions.json", captions.dump());
  }
  ProgramResult import(const Words& more = {}) const {
    Words arguments{"dataset",  "import",   "coco",       "--captions", "captions.json",
                    "--images", "pictures", "--channels", "1",          "--height",
                    "8",        "--width",  "8",          "--out",      "captioned"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  Words text_settings() const {
    return {"data.path=" + (folder_ / "captioned").string(), "train.steps=4",
            "gan.condition.text.optimizer.adam.learning_rate=1e-3"};
  }
};

TEST_F(TextToImageTest, DrawsTheTextOneAsksFor) {
  const ProgramResult imported = import();
  ASSERT_EQ(imported.exit_code, 0) << imported.describe();
  EXPECT_THAT(imported.output, HasSubstr("24"));
  train("run", 2, text_settings());
  for (const char* text : {"red heart", "Blue sun!"}) {
    const ProgramResult drawn =
        run({"sample", "run", "--text", text, "--count", "4", "--out", std::string(text, 3) + ".png"});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.describe();
  }
  EXPECT_NE(read_text(folder_ / "red.png"), read_text(folder_ / "Blu.png"));
  expect_refusal(folder_.path(), {"sample", "run", "--text", "hearth of glass", "--out", "a.png"}, 0,
                 kUserMistake, {"'hearth' (did you mean 'heart'?)", "'of'", "'glass'", "training data lack"});
  EXPECT_NE(run({"sample", "run", "--text", "sun", "--label", "1", "--out", "a.png"}).exit_code, 0);
}

TEST_F(TextToImageTest, ARunsPictureHasARowACaption) {
  ASSERT_EQ(import().exit_code, 0);
  const fs::path trained = train("run", 1, text_settings());
  const std::string rows = read_text(trained / "samples" / "step_00000004.txt");
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 8) << rows;
  EXPECT_TRUE(fs::exists(trained / "samples" / "step_00000004.png"));
}

TEST_F(TextToImageTest, GoesOnAsIfNothingHadHappened) {
  ASSERT_EQ(import().exit_code, 0);
  train("straight", 2, text_settings());
  Words half = text_settings();
  half.push_back("train.steps=2");
  train("stopped", 2, half);
  resume("stopped", 2, {"train.steps=4"});
  EXPECT_EQ(weights_checksum(folder_ / "stopped", "step_00000004"),
            weights_checksum(folder_ / "straight", "step_00000004"));
}

TEST_F(TextToImageTest, WhatDoesNotGoTogetherIsRefused) {
  expect_refusal(folder_.path(),
                 train_arguments("new", {"data.path=" + dataset().string(),
                                         "gan.condition.text.optimizer.adam.learning_rate=1e-3"}),
                 2, kUserMistake, {"gan.condition is text", "no captions", "dataset import coco"});
  train("plain", 1, {"train.steps=1"});
  expect_refusal(folder_.path(), {"sample", "plain", "--text", "sun", "--out", "a.png"}, 0, kUserMistake,
                 {"--text 'sun'", "makes nothing of texts"});
  fs::remove(folder_ / "pictures/one.png");
  expect_refusal(folder_.path(),
                 {"dataset", "import", "coco", "--captions", "captions.json", "--images", "pictures",
                  "--height", "8", "--width", "8", "--out", "captioned"},
                 0, kBadData, {"captions.json: 24 of 24", "image 1", "one.png", "--skip-bad"});
}

}  // namespace
}  // namespace ganymede
