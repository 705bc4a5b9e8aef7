// Samples that no picture shows as they are, points of 1, 3 or 30 dimensions and images of 2 or 4 channels,
// are trained on, drawn and measured like others.
#include <cstdlib>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

class UnusualSamplesTest : public ProgramTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string script = GANYMEDE_SOURCE_DIR "/tests/cli/write_unusual_datasets.py";
    const std::string command = std::string(GANYMEDE_PYTHON) + " " + script + " " + folder_.path().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
};

TEST_P(UnusualSamplesTest, TrainAndAreDrawnAndMeasured) {
  train("run", 1, {std::string("data.path=") + GetParam(), "train.steps=2", "train.sample_every=1"});
  EXPECT_THAT(list_checkpoints(folder_ / "run"), testing::ElementsAre("step_00000002"));
  EXPECT_EQ(read_text(folder_ / "run/samples/step_00000001.png").substr(1, 3), "PNG");
  for (const Words& command :
       {Words{"sample", "run", "--out", "x.png"}, {"evaluate", "run", "--samples", "600"}}) {
    const ProgramResult result = run(command);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
  }
  EXPECT_EQ(read_text(folder_ / "x.png").substr(1, 3), "PNG");
}

INSTANTIATE_TEST_SUITE_P(Datasets, UnusualSamplesTest,
                         testing::Values("points1", "points3", "points30", "channels2", "channels4"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace ganymede
