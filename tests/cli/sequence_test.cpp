// SeqGAN as a user runs it: other data, other phases, other samples than images, and the same commands.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SequenceTest : public ProgramTest {
 protected:
  SequenceTest() {
    std::string couplets;
    for (int line = 0; line < 40; ++line) couplets += line % 2 == 0 ? "山高月小水落\n" : "水落石出山高\n";
    write_text(folder_ / "couplets.txt", couplets);
    const ProgramResult imported =
        run({"dataset", "import", "text", "couplets.txt", "--units", "characters", "--out", "couplets"});
    EXPECT_EQ(imported.exit_code, 0) << imported.describe();
  }
  Words sequence_arguments(const std::string& run_name, const Words& settings = {}) const {
    Words arguments{"train", "seqgan-tutorial", "--run", run_name, "--threads", "1"};
    for (const std::string& setting :
         {std::string("data.path=couplets"), std::string("data.global_batch_size=8"),
          std::string("sequence.likelihood_steps=4"), std::string("sequence.discriminator_start=3"),
          std::string("sequence.generator.network.lstm.hidden_size=16"), std::string("train.report_every=1"),
          std::string("train.checkpoint_every=5"), std::string("train.steps=12")})
      arguments.insert(arguments.end(), {"--set", setting});
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }
};

TEST_F(SequenceTest, TrainsThroughItsPhasesAndGoesOnInsideThem) {
  const ProgramResult straight = run(sequence_arguments("straight"), 2);
  ASSERT_EQ(straight.exit_code, 0) << straight.describe();
  EXPECT_THAT(straight.output, HasSubstr("likelihood  epoch 1/"));
  EXPECT_THAT(straight.output, HasSubstr("sequences/s"));
  for (const int stop : {2, 6, 9}) {
    const std::string name = "stopped-" + std::to_string(stop);
    ASSERT_EQ(run(sequence_arguments(name, {"train.steps=" + std::to_string(stop)}), 2).exit_code, 0);
    const ProgramResult resumed =
        run({"train", "--resume", "--run", name, "--threads", "1", "--set", "train.steps=12"}, 2);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.describe();
    EXPECT_EQ(weights_checksum(folder_ / name, "step_00000012"),
              weights_checksum(folder_ / "straight", "step_00000012"))
        << "after " << stop;
  }
  const auto lines = read_metrics(folder_ / "straight");
  EXPECT_EQ(lines[0].at("phase"), "likelihood");
  EXPECT_EQ(lines[6].at("phase"), "discriminator");
  EXPECT_TRUE(lines[11].contains("reward"));
}

TEST_F(SequenceTest, SamplesAreLinesOfTheirCharacters) {
  ASSERT_EQ(run(sequence_arguments("run"), 1).exit_code, 0);
  const ProgramResult drawn = run({"sample", "run", "--count", "5", "--out", "lines.txt"});
  ASSERT_EQ(drawn.exit_code, 0) << drawn.describe();
  const std::string lines = read_text(folder_ / "lines.txt");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5);
  EXPECT_EQ(lines.size(), 5U * (6 * 3 + 1)) << lines;
  EXPECT_TRUE(fs::exists(folder_ / "run" / "samples" / "step_00000012.txt"));
  expect_refusal(folder_.path(), {"sample", "run", "--out", "x.png"}, 0, kUserMistake,
                 {"--out x.png", "will be a text", "ends in .txt"});
  expect_refusal(folder_.path(), {"sample", "run", "--label", "1", "--out", "x.txt"}, 0, kUserMistake,
                 {"--label 1", "not conditional"});
}

TEST_F(SequenceTest, IsMeasuredByLikelihoodAndBleuOnHeldOutTexts) {
  write_text(folder_ / "held-out.txt", "山高月小水出\n新高月小水出\n水落石出山小\n");
  const Words import_held_out{"dataset",    "import",       "text",     "held-out.txt", "--units",
                              "characters", "--vocabulary", "couplets", "--out",        "held-out"};
  expect_refusal(folder_.path(), import_held_out, 0, kBadData, {"held-out.txt:2", "'新'", "--skip-unknown"});
  Words skipping = import_held_out;
  skipping.push_back("--skip-unknown");
  const ProgramResult imported = run(skipping);
  ASSERT_EQ(imported.exit_code, 0) << imported.describe();
  EXPECT_THAT(imported.output, HasSubstr("samples  2"));

  const Words measured{"data.held_out=held-out", "train.measure_every=4", "sequence.oracle.seed=1"};
  const ProgramResult trained = run(sequence_arguments("run", measured), 2);
  ASSERT_EQ(trained.exit_code, 0) << trained.describe();
  EXPECT_THAT(trained.output, HasSubstr("step 0: nll held out"));
  EXPECT_THAT(trained.output, HasSubstr("nll oracle itself"));
  for (const auto& line : read_metrics(folder_ / "run")) {
    const bool due = line.at("step").get<int>() % 4 == 0;
    for (const char* figure : {"nll_held_out", "nll_oracle"}) EXPECT_EQ(line.contains(figure), due) << line;
    EXPECT_FALSE(line.contains("nll_oracle_itself")) << "it is the same at every step";
  }
  const ProgramResult evaluated = run({"evaluate", "run", "--samples", "50", "--json", "figures.json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.describe();
  EXPECT_THAT(evaluated.output, HasSubstr("2 held-out sequences"));
  const auto figures = nlohmann::json::parse(read_text(folder_ / "figures.json"));
  EXPECT_NEAR(figures["nll_held_out"].get<double>(),
              read_metrics(folder_ / "run").back()["nll_held_out"].get<double>(), 1e-4);
  for (const char* figure : {"bleu_2", "bleu_4", "self_bleu_2", "self_bleu_4"}) {
    EXPECT_GT(figures[figure], 0) << figure;
    EXPECT_LE(figures[figure], 1) << figure;
  }
  expect_refusal(folder_.path(),
                 sequence_arguments("new", {"data.held_out=" + dataset().string(), "train.measure_every=4"}),
                 1, kUserMistake, {"data.held_out", "other fields", "--vocabulary"});
  expect_refusal(folder_.path(),
                 sequence_arguments("new", {"sequence.oracle.file=nowhere", "train.measure_every=4"}), 2,
                 kUserMistake, {"sequence.oracle.file", "nowhere", "no such file"});
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(SequenceTest, OraclesWriteDatasets) {
  Words make{"dataset", "make",  "oracle-sequences", "--samples",     "600", "--vocabulary", "30", "--length",
             "6",       "--out", "oracle",           "--oracle-seed", "2"};
  ASSERT_EQ(run(make).exit_code, 0);
  const ProgramResult shown = run({"dataset", "inspect", "oracle"});
  EXPECT_THAT(shown.output, HasSubstr("6 of 30 words"));
  EXPECT_THAT(shown.output, HasSubstr("most often"));
  make.resize(make.size() - 2);
  make.back() = "other";
  expect_refusal(folder_.path(), make, 0, kUserMistake, {"--oracle-seed", "--oracle-file"});
  make.insert(make.end(), {"--oracle-file", "couplets.txt"});
  expect_refusal(folder_.path(), make, 0, kBadData, {"couplets.txt", "safetensors"});
}

TEST_F(SequenceTest, ARecipeOfOtherDataIsRefused) {
  expect_refusal(folder_.path(), sequence_arguments("new", {"data.path=" + dataset().string()}), 1,
                 kUserMistake, {"`sequence` trains from sequences of tokens", "images"});
  expect_refusal(folder_.path(), train_arguments("new", {"data.path=couplets"}), 1, kUserMistake,
                 {"`gan` trains from images or points", "sequences"});
  expect_refusal(folder_.path(), train_arguments("new", {"sequence.rollouts=2"}), 1, kUserMistake,
                 {"gan and sequence", "expected one of them"});
}

TEST_F(SequenceTest, IsMeasuredInItsParts) {
  Words arguments =
      sequence_arguments("unused", {"sequence.likelihood_steps=0", "sequence.discriminator_start=0"});
  arguments[0] = "bench";
  arguments.erase(arguments.begin() + 2, arguments.begin() + 4);  // --run
  arguments.insert(arguments.end(), {"--seconds", "0.5"});
  const ProgramResult measured = run(arguments, 2);
  ASSERT_EQ(measured.exit_code, 0) << measured.describe();
  for (const char* part : {"sampling", "rewards", "policy gradient", "discriminator", "optimizer"})
    EXPECT_THAT(measured.output, HasSubstr(part));
}

}  // namespace
}  // namespace ganymede
