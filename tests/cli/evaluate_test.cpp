// `ganymede evaluate`: its figures for points and for images, and what it refuses.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

class EvaluateTest : public ProgramTest {
 protected:
  nlohmann::json evaluate(const Words& more = {}) const {
    Words arguments{"evaluate", "run", "--json", "figures.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    output_ = result.output;
    return nlohmann::json::parse(read_text(folder_ / "figures.json"));
  }
  mutable std::string output_;
};

TEST_F(EvaluateTest, CountsTheModesOfConditionalPoints) {
  ASSERT_EQ(run({"dataset", "make", "ring", "--samples", "1000", "--out", "ring"}).exit_code, 0);
  train("run", 2, {"data.path=ring", "gan.condition=labels", "train.steps=3"});
  const nlohmann::json figures = evaluate({"--samples", "700"});
  EXPECT_EQ(figures["samples"], 700);
  EXPECT_EQ(figures["real_samples"], 1000);
  EXPECT_EQ(figures["step"], 3);
  EXPECT_EQ(figures["modes"]["all"], 8);
  EXPECT_LE(figures["modes"]["covered"], 8);
  EXPECT_GT(figures["moments_distance"], 0.1) << "3 steps are not enough";
  EXPECT_LT(figures["label_agreement"], 0.9);
  EXPECT_FALSE(figures.contains("classifier"));
  EXPECT_THAT(output_, testing::HasSubstr("of 8"));
  EXPECT_EQ(figures, evaluate({"--samples", "700"})) << "the same run, the same figures";
}

TEST_F(EvaluateTest, ShowsImagesToAClassifier) {
  train("run", 1, {"train.steps=2"});
  const nlohmann::json figures = evaluate({"--samples", "100"});
  EXPECT_GT(figures["moments_distance"], 10);
  EXPECT_GT(figures["classifier"]["frechet_distance"], 0);
  EXPECT_GE(figures["classifier"]["reverse_kl"], 0);
  EXPECT_EQ(figures["classifier"]["checksum"].get<std::string>().size(), 8U);
  EXPECT_FALSE(figures.contains("label_agreement")) << "nothing was asked for";
  EXPECT_FALSE(figures.contains("modes"));
}

TEST_F(EvaluateTest, RefusesWhatItCannotMeasure) {
  expect_refusal(folder_.path(), {"evaluate", "nowhere"}, 0, kUserMistake, {"nowhere", "no run here"});
  train("run", 1, {"train.steps=1"});
  expect_refusal(folder_.path(), {"evaluate", "run", "--samples", "1"}, 0, kUserMistake, {"--samples", "2"});
}

}  // namespace
}  // namespace ganymede
