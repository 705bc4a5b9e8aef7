// Mistakes in a `bench` command: one line, before anything is measured.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

class BadBenchTest : public ProgramTest {
 protected:
  void expect_refused(const Words& arguments, const Words& words, int ranks = 2) const {
    expect_refusal(folder_.path(), arguments, ranks, kUserMistake, words);
  }
};

TEST_F(BadBenchTest, NoRecipe) {
  expect_refused({"bench"}, {"which recipe?", "ganymede recipe list"});
}

TEST_F(BadBenchTest, UnknownRecipe) {
  expect_refused({"bench", "mpl"}, {"mpl", "mlp"});
}

TEST_F(BadBenchTest, NoTime) {
  expect_refused({"bench", "mlp", "--seconds", "0"}, {"--seconds: 0; expected a number from 0.1 to 86400"});
}

TEST_F(BadBenchTest, NoFolderForTheFigures) {
  expect_refused({"bench", "mlp", "--json", "nowhere/figures.json"}, {"--json", "no folder", "nowhere"});
}

TEST_F(BadBenchTest, AFolderInPlaceOfTheFigures) {
  std::filesystem::create_directory(folder_ / "figures.json");
  expect_refused({"bench", "mlp", "--json", "figures.json"}, {"--json figures.json", "this is a folder"});
}

TEST_F(BadBenchTest, MoreRanksThanSamples) {
  expect_refused(
      {"bench", "mlp", "--set", "data.path=" + dataset().string(), "--set", "data.global_batch_size=1"},
      {"data.global_batch_size is 1", "2 ranks"});
}

TEST_F(BadBenchTest, CommunicationOfOneRank) {
  expect_refused({"bench", "communication"}, {"at least 2 ranks", "mpirun"}, 0);
}

TEST_F(BadBenchTest, SizeThatIsNoWholeNumbers) {
  expect_refused({"bench", "communication", "--sizes", "4,6"},
                 {"--sizes", "6 is no positive multiple of 4 bytes"});
}

TEST_F(BadBenchTest, PlanOfSeveralNodesWithoutTheirNetwork) {
  expect_refused({"bench", "plan", "mlp", "--nodes", "1,2"}, {"--bandwidth", "--latency"});
}

TEST_F(BadBenchTest, PlanForZeroNodes) {
  expect_refused({"bench", "plan", "mlp", "--nodes", "0"},
                 {"--nodes: 0; expected an integer from 1 to 1000000"});
}

TEST_F(BadBenchTest, StrongScalingBeyondTheBatch) {
  expect_refused({"bench", "plan", "mlp", "--strong", "--nodes", "16", "--bandwidth", "1", "--latency", "50",
                  "--set", "data.path=" + dataset().string(), "--set", "data.global_batch_size=16"},
                 {"data.global_batch_size is 16", "shared by 32 ranks"});
}

}  // namespace
}  // namespace ganymede
