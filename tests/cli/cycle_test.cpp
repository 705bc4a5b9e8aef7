// CycleGAN as a user runs it: two domains without pairs, and a folder of pictures translated.
#include <cstdlib>

#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CycleTest : public ProgramTest {
 protected:
  CycleTest() {
    const std::string command = std::string(GANYMEDE_PYTHON) +
                                " " GANYMEDE_SOURCE_DIR "/tests/cli/write_domains.py " +
                                (folder_ / "pictures").string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    for (const char* domain : {"grey", "colours"}) {
      const ProgramResult imported =
          run({"dataset", "import", "folder", std::string("pictures/") + domain, "--height", "16", "--width",
               "16", "--channels", std::string(domain) == "grey" ? "1" : "3", "--out", domain});
      EXPECT_EQ(imported.exit_code, 0) << imported.describe();
    }
  }
  Words cycle_arguments(const std::string& run_name, const Words& settings = {}) const {
    Words arguments{"train", "cyclegan", "--run", run_name, "--threads", "1"};
    for (const char* setting :
         {"data.path=[grey, colours]", "data.held_out=[grey, colours]", "data.global_batch_size=3",
          "cycle.held_out_pairs=false", "cycle.pool_size=4", "cycle.generator.network.resnet.width=4",
          "cycle.discriminator.network.patchgan.width=4", "train.report_every=1", "train.measure_every=4",
          "train.checkpoint_every=4", "train.sample_every=4", "train.steps=8"})
      arguments.insert(arguments.end(), {"--set", setting});
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }
};

TEST_F(CycleTest, TrainsGoesOnMeasuresAndTranslates) {
  const ProgramResult straight = run(cycle_arguments("straight"), 2);
  ASSERT_EQ(straight.exit_code, 0) << straight.describe();
  const auto lines = read_metrics(folder_ / "straight");
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_FALSE(lines[0].contains("cycle_error_a"));
  EXPECT_GT(lines[7].at("cycle_error_a").get<double>(), 0);
  EXPECT_TRUE(fs::exists(folder_ / "straight/samples/step_00000008.png"));

  ASSERT_EQ(run(cycle_arguments("stopped", {"train.steps=5"}), 2).exit_code, 0);
  const ProgramResult resumed =
      run({"train", "--resume", "--run", "stopped", "--threads", "1", "--set", "train.steps=8"}, 2);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.describe();
  EXPECT_EQ(weights_checksum(folder_ / "stopped", "step_00000008"),
            weights_checksum(folder_ / "straight", "step_00000008"));

  const ProgramResult measured = run({"evaluate", "straight", "--json", "figures.json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.describe();
  EXPECT_THAT(measured.output, HasSubstr("cycle error b"));

  const ProgramResult translated =
      run({"sample", "straight", "--input", "pictures/grey", "--direction", "a-to-b", "--out", "coloured"});
  ASSERT_EQ(translated.exit_code, 0) << translated.describe();
  EXPECT_THAT(translated.output, HasSubstr("12 pictures translated a-to-b by step 8"));
  for (int i = 0; i < 12; ++i) {
    const std::string png = read_text(folder_ / "coloured" / ("picture " + std::to_string(i) + ".png"));
    ASSERT_GT(png.size(), 26U);
    EXPECT_EQ(png[25], 2) << "RGB";
  }
  EXPECT_EQ(run({"sample", "straight", "--out", "cycles.png"}).exit_code, 0);
}

TEST_F(CycleTest, PicturesThatCannotBeTranslatedAreRefused) {
  ASSERT_EQ(run(cycle_arguments("run", {"train.steps=1"}), 1).exit_code, 0);
  const auto refuse = [&](const Words& more, int code, const Words& words) {
    Words arguments{"sample", "run", "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refusal(folder_.path(), arguments, 0, code, words);
  };
  refuse({"--input", "pictures/grey"}, kUserMistake, {"--input needs --direction", "a-to-b or b-to-a"});
  refuse({"--direction", "a-to-b"}, kUserMistake, {"--direction", "--input", "give both"});
  refuse({"--input", "pictures/grey", "--direction", "up"}, kUserMistake, {"--direction is up", "a-to-b"});
  refuse({"--input", "pictures/grey", "--direction", "a-to-b", "--count", "3"}, kUserMistake, {"--count"});
  refuse({"--input", "pictures/grey", "--direction", "a-to-b", "--text", "red heart"}, kUserMistake,
         {"--text"});
  refuse({"--input", "absent", "--direction", "a-to-b"}, kUserMistake, {"absent: no such folder"});
  refuse({"--input", "pictures/large", "--direction", "a-to-b"}, kBadData,
         {"wide.png: it is 16 x 20", "16 x 16", "resize"});
  write_text(folder_ / "pictures/grey/picture 3.jpg", "no picture");
  refuse({"--input", "pictures/grey", "--direction", "a-to-b"}, kUserMistake,
         {"picture 3.jpg", "picture 3.png", "rename"});
  train("mlp", 1, {"train.steps=1"});
  expect_refusal(folder_.path(),
                 {"sample", "mlp", "--input", "pictures/grey", "--direction", "a-to-b", "--out", "out"}, 0,
                 kUserMistake, {"mlp translates no images", "leave --input out"});
}

TEST_F(CycleTest, DomainsThatDoNotFitAreRefused) {
  const auto refuse = [&](const Words& settings, const Words& words) {
    expect_refusal(folder_.path(), cycle_arguments("new", settings), 1, kUserMistake, words);
  };
  refuse({"data.path=grey", "data.held_out=[]"}, {"data.path names 1 dataset", "expected 2"});
  refuse({"cycle.discriminator.network.patchgan.layers=3"}, {"patchgan has 3 layers", "16 x 16"});
  const ProgramResult imported = run(
      {"dataset", "import", "folder", "pictures/large", "--height", "16", "--width", "16", "--out", "one"});
  ASSERT_EQ(imported.exit_code, 0) << imported.describe();
  refuse({"data.path=[grey, one]", "data.held_out=[]"}, {"data.global_batch_size is 3", "1 samples"});
}

}  // namespace
}  // namespace ganymede
