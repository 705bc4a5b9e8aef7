#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SampleTest : public ProgramTest {
 protected:
  std::string draw(const std::string& name, const Words& more = {}) const {
    Words arguments{"sample", run_folder_, "--count", "10", "--out", name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run_program(arguments, {.working_folder = elsewhere_.path()});
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    EXPECT_THAT(result.output, HasSubstr(name + ": 10 samples of step 3"));
    const std::string bytes = read_text(elsewhere_ / name);
    EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
    return bytes;
  }

  const fs::path run_folder_ = folder_ / "run";
  const TemporaryFolder elsewhere_;
};

TEST_F(SampleTest, DrawsTheSameImagesEachTime) {
  train("run", 2, {"train.steps=3"});
  const std::string first = draw("first.png");
  EXPECT_TRUE(draw("second.png") == first) << "the same command gives another picture";
  EXPECT_TRUE(draw("same-seed.png", {"--seed", "1"}) == first) << "1 is the recipe's seed";
  EXPECT_FALSE(draw("other-seed.png", {"--seed", "2"}) == first) << "--seed changes nothing";
}

TEST_F(SampleTest, DrawsWithoutTheDataset) {
  fs::copy(dataset(), folder_ / "copy", fs::copy_options::recursive);
  train("run", 1, {"train.steps=3", "data.path=copy"});
  fs::remove_all(folder_ / "copy");
  draw("picture.png");
}

TEST_F(SampleTest, PassesOverADamagedCheckpoint) {
  train("run", 1, {"train.steps=4", "train.checkpoint_every=3"});
  flip_byte(run_folder_ / "checkpoints" / "step_00000004" / "state.safetensors", 4000);
  draw("picture.png");
}

TEST_F(SampleTest, AnEmptyNameIsRefused) {
  expect_refusal(folder_.path(), {"sample", "run", "--out", ""}, 0, kUserMistake,
                 {"--out: an empty name; expected that of a file"});
}

TEST_F(SampleTest, AFolderThatIsNoRunIsRefused) {
  expect_refusal(folder_.path(), {"sample", "absent", "--out", "x.png"}, 0, kUserMistake,
                 {"absent: no run here", "recipe.yaml", "folder of a training run"});
}

TEST_F(SampleTest, ARunWithoutACheckpointIsRefused) {
  train("run", 1, {"train.steps=1"});
  fs::remove_all(run_folder_ / "checkpoints" / "step_00000001");
  expect_refusal(folder_.path(), {"sample", "run", "--out", "x.png"}, 0, kUserMistake,
                 {"run: no checkpoint yet", "train.checkpoint_every"});
}

TEST_F(SampleTest, ARunWithoutAnIntactCheckpointIsRefused) {
  train("run", 1, {"train.steps=1"});
  flip_byte(run_folder_ / "checkpoints" / "step_00000001" / "state.safetensors", 4000);
  const ProgramResult result = run({"sample", "run", "--out", "x.png"});
  EXPECT_THAT(result.exit_code, testing::AnyOf(kUserMistake, kBadData)) << result.describe();
  EXPECT_THAT(result.output + result.errors, HasSubstr("step_00000001/state.safetensors"));
  EXPECT_FALSE(fs::exists(folder_ / "x.png"));
}

TEST_F(SampleTest, AnUnwritablePictureIsRefused) {
  train("run", 1, {"train.steps=1"});
  expect_refusal(folder_.path(), {"sample", "run", "--out", "absent/x.png"}, 0, kUserMistake,
                 {"absent/x.png"});
}

TEST_F(SampleTest, APictureOfAnotherKindIsRefused) {
  train("run", 1, {"train.steps=1"});
  for (const char* name : {"x.jpg", "x.jpeg", "step.1"})
    expect_refusal(folder_.path(), {"sample", "run", "--out", name}, 0, kUserMistake,
                   {std::string("--out ") + name, "will be a PNG", "ends in .png"});
}

TEST_F(SampleTest, ACountOfZeroIsRefused) {
  expect_refusal(folder_.path(), {"sample", "run", "--count", "0", "--out", "x.png"}, 0, kUserMistake,
                 {"--count"});
}

}  // namespace
}  // namespace ganymede
