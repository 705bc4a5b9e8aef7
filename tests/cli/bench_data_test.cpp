// `ganymede bench data`: the figures that it takes, from memory and from the shards.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

class BenchDataTest : public ProgramTest {
 protected:
  nlohmann::json measure(int ranks, const Words& more) const {
    Words arguments{"bench", "data", dataset(), "--seconds", "0.2", "--json", "figures.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run(arguments, ranks);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    output_ = result.output;
    return nlohmann::json::parse(read_text(folder_ / "figures.json"));
  }
  mutable std::string output_;
};

TEST_F(BenchDataTest, MeasuresMemoryAndShards) {
  for (const int ranks : {0, 2}) {
    const nlohmann::json figures =
        measure(ranks, {"--global-batch-size", "32", "--consumption", "1000", "--horizontal-flip"});
    EXPECT_EQ(figures["samples"], 256);
    EXPECT_EQ(figures["ranks"], std::max(ranks, 1));
    ASSERT_EQ(figures["loading"].size(), 2U);
    EXPECT_EQ(figures["loading"][0]["source"], "cached");
    EXPECT_EQ(figures["loading"][1]["source"], "streamed");
    for (const nlohmann::json& loading : figures["loading"]) {
      EXPECT_GT(loading["ready_seconds"], 0);
      EXPECT_GT(loading["images_per_second"], 1000) << "it keeps up with that consumption many times over";
      EXPECT_NEAR(loading["batches_per_second"].get<double>() * 32, loading["images_per_second"], 0.01);
      EXPECT_GE(loading["waiting_share"], 0);
      EXPECT_LE(loading["waiting_share"], 1);
    }
    EXPECT_THAT(output_, testing::HasSubstr("256 samples of 784 bytes; batches of 32 over"));
    EXPECT_THAT(output_, testing::HasSubstr("waiting at 1000/s"));
  }
}

TEST_F(BenchDataTest, StreamsWhatDoesNotFitTheCache) {
  const nlohmann::json figures = measure(0, {"--cache-mib", "0"});
  ASSERT_EQ(figures["loading"].size(), 1U);
  EXPECT_EQ(figures["loading"][0]["source"], "streamed");
}

TEST_F(BenchDataTest, RefusesWhatTrainingWouldRefuse) {
  expect_refusal(folder_.path(), {"bench", "data", "nowhere"}, 2, kUserMistake, {"no dataset 'nowhere'"});
  expect_refusal(folder_.path(), {"bench", "data", dataset(), "--global-batch-size", "257"}, 2, kUserMistake,
                 {"global batch size is 257", "256 samples"});
}

}  // namespace
}  // namespace ganymede
