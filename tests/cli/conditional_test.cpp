// A conditional recipe: samples of a label, and its contradictions with a dataset.
#include "tests/cli/refusal.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

class ConditionalTest : public ProgramTest {
 protected:
  std::filesystem::path train_conditional() const { return train("run", 2, {"gan.condition=labels"}); }
};

TEST_F(ConditionalTest, DrawsTheLabelOneAsksFor) {
  train_conditional();
  for (const char* label : {"0", "1"}) {
    const ProgramResult result =
        run({"sample", "run", "--label", label, "--count", "4", "--out", std::string(label) + ".png"}, 0);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
  }
  EXPECT_NE(read_text(folder_ / "0.png"), read_text(folder_ / "1.png"));
}

TEST_F(ConditionalTest, DrawsTheClassOfAName) {
  write_idx_images(folder_ / "images", {.samples = 60});
  write_idx_labels(folder_ / "labels", 60);
  const ProgramResult imported = run({"dataset", "import", "idx", "--images", "images", "--labels", "labels",
                                      "--class-names", "a,b,c,d,e,f,g,h,i,0", "--out", "named"});
  ASSERT_EQ(imported.exit_code, 0) << imported.describe();
  train("run", 1, {"gan.condition=labels", "data.path=" + (folder_ / "named").string()});
  for (const char* label : {"a", "9", "0"}) {
    const ProgramResult result =
        run({"sample", "run", "--label", label, "--count", "4", "--out", std::string(label) + ".png"});
    EXPECT_EQ(result.exit_code, 0) << result.describe();
  }
  EXPECT_EQ(read_text(folder_ / "0.png"), read_text(folder_ / "9.png")) << "0 is the name of class 9";
  EXPECT_NE(read_text(folder_ / "0.png"), read_text(folder_ / "a.png"));
}

TEST_F(ConditionalTest, ALabelThatIsNoClassIsRefused) {
  train_conditional();
  expect_refusal(folder_.path(), {"sample", "run", "--label", "1000", "--out", "a.png"}, 0, kUserMistake,
                 {"--label is 1000", "has the classes", "expected a name, or a number from 0 to"});
}

TEST_F(ConditionalTest, ALabelForAnUnconditionalRecipeIsRefused) {
  train("run", 1, {"train.steps=1"});
  expect_refusal(folder_.path(), {"sample", "run", "--label", "1", "--out", "a.png"}, 0, kUserMistake,
                 {"--label 1", "not conditional"});
}

TEST_F(ConditionalTest, ADatasetWithoutLabelsIsRefused) {
  write_idx_images(folder_ / "images", {.samples = 32});
  const ProgramResult imported =
      run({"dataset", "import", "idx", "--images", "images", "--out", folder_ / "unlabelled"});
  ASSERT_EQ(imported.exit_code, 0) << imported.describe();
  expect_refusal(
      folder_.path(),
      train_arguments("run", {"data.path=" + (folder_ / "unlabelled").string(), "gan.condition=labels"}), 2,
      kUserMistake, {"gan.condition is labels", "the dataset has none", "import it with labels"});
}

}  // namespace
}  // namespace ganymede
