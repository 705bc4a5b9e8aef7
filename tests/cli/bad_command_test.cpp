// Mistakes on the command line: options, overrides, run folders.
#include <filesystem>

#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

class BadCommandTest : public ProgramTest {
 protected:
  void expect_refused(const Words& arguments, const Words& words, int ranks = 2) const {
    expect_refusal(folder_.path(), arguments, ranks, kUserMistake, words);
  }
  Words with(Words arguments, const Words& more) const {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(BadCommandTest, NoCommand) {
  expect_refused({}, {"subcommand is required", "ganymede --help"}, 0);
}

TEST_F(BadCommandTest, UnknownCommand) {
  expect_refused({"trian"}, {"trian", "ganymede --help"}, 0);
}

TEST_F(BadCommandTest, UnknownOption) {
  expect_refused(with(train_arguments("new"), {"--learning-rate", "3"}),
                 {"--learning-rate", "ganymede --help"});
}

TEST_F(BadCommandTest, OptionWithoutItsValue) {
  expect_refused({"train", "mlp", "--run"}, {"--run"});
}

TEST_F(BadCommandTest, ZeroThreads) {
  expect_refused({"train", "mlp", "--threads", "0"}, {"--threads: 0; expected an integer from 1 to 1024"});
}

TEST_F(BadCommandTest, FarMoreThreadsThanCores) {
  ProgramOptions one_core{.working_folder = folder_.path(), .prefix = {"taskset", "-c", "0"}};
  const auto with_threads = [&](const std::string& threads) {
    one_core.environment = {{"OMP_NUM_THREADS", threads}};
    return run_program({"train", "mlp", "--run", "new", "--set", "data.path=" + dataset().string(), "--set",
                        "train.steps=1"},
                       one_core);
  };
  const ProgramResult refused = with_threads("9");
  EXPECT_EQ(refused.exit_code, kUserMistake) << refused.describe();
  EXPECT_THAT(refused.errors,
              testing::HasSubstr("OMP_NUM_THREADS=9 for 1 core that a rank may use here; expected "
                                 "at most 8 threads"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
  const ProgramResult slow = with_threads("2");
  EXPECT_EQ(slow.exit_code, 0) << slow.describe();
  EXPECT_THAT(slow.output, testing::HasSubstr("rank 0 has OMP_NUM_THREADS=2 for 1 core: they take turns"));
}

TEST_F(BadCommandTest, UnknownKernels) {
  const ProgramResult result = run_program(
      train_arguments("new"),
      {.ranks = 2, .environment = {{"GANYMEDE_KERNELS", "quick"}}, .working_folder = folder_.path()});
  EXPECT_EQ(result.exit_code, kUserMistake) << result.describe();
  EXPECT_THAT(result.errors, testing::HasSubstr("GANYMEDE_KERNELS is \"quick\"; expected fast or plain"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
}

// As hosts have an environment of their own.
Words with_another_second_rank(const std::string& variable, const Words& arguments) {
  Words words{"-q", "-n", "1", GANYMEDE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {":", "-n", "1", "env", variable, GANYMEDE_PROGRAM});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

TEST_F(BadCommandTest, KernelsThatDifferFromRankToRank) {
  const ProgramResult result =
      run_program(with_another_second_rank("GANYMEDE_KERNELS=plain", train_arguments("new")),
                  {.program = GANYMEDE_MPIRUN, .working_folder = folder_.path()});
  EXPECT_EQ(result.exit_code, kUserMistake) << result.describe();
  EXPECT_THAT(result.errors, testing::HasSubstr("GANYMEDE_KERNELS is fast at rank 0 and plain at rank 1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
}

TEST_F(BadCommandTest, InstructionsThatDifferCostAWarningInReproducibleMode) {
  const auto output_of = [&](const Words& settings) {
    const Words arguments = train_arguments(settings.front(), settings);
    return run_program(with_another_second_rank("ATEN_CPU_CAPABILITY=default", arguments),
                       {.program = GANYMEDE_MPIRUN, .working_folder = folder_.path()})
        .output;
  };
  EXPECT_THAT(output_of({"train.steps=1", "reproducible.replicas=2"}),
              testing::HasSubstr("and rank 1 with DEFAULT"));
  EXPECT_THAT(output_of({"train.steps=2"}), testing::Not(testing::HasSubstr("DEFAULT")));
}

TEST_F(BadCommandTest, NoRecipe) {
  expect_refused({"train"}, {"which recipe?", "ganymede recipe list"});
}

TEST_F(BadCommandTest, SetOfAnUnknownKey) {
  expect_refused(train_arguments("new", {"train.stepz=3"}),
                 {"--set train.stepz=3: unknown key train.stepz", "did you mean steps?"});
}

TEST_F(BadCommandTest, SetOfAnImpossibleValue) {
  expect_refused(train_arguments("new", {"train.steps=0"}),
                 {"--set train.steps=0: train.steps is 0", "expected a positive integer"});
}

TEST_F(BadCommandTest, SetWithoutAValue) {
  expect_refused(train_arguments("new", {"train.steps"}), {"--set train.steps: expected KEY=VALUE"});
  expect_refused(train_arguments("new", {"train.steps="}), {"--set train.steps=: ", "train.steps is empty"});
}

TEST_F(BadCommandTest, SetWithBadSyntax) {
  expect_refused(train_arguments("new", {"data.pixels=[0, 1"}), {"--set data.pixels=[0, 1: "});
  expect_refused(train_arguments("new", {"train..steps=1"}), {"--set train..steps=1: ", "empty"});
}

TEST_F(BadCommandTest, SetBelowAValue) {
  expect_refused(train_arguments("new", {"train.steps.more=1"}),
                 {"--set train.steps.more=1: train.steps is a map"});
}

TEST_F(BadCommandTest, SetBeforeTheRecipe) {
  expect_refused({"train", "--set", "train.steps=0", "mlp", "--run", "new"},
                 {"--set train.steps=0: train.steps is 0"});
  expect_refused({"recipe", "show", "--set", "seed=1", "train.keep=0", "mlp"}, {"train.keep is 0"}, 0);
}

TEST_F(BadCommandTest, AnIntegerThatIsNone) {
  expect_refused({"sample", "run", "--seed", "-1", "--out", "x.png"},
                 {"--seed: -1; expected an integer from 0 on"}, 0);
  expect_refused({"evaluate", "run", "--seed", "abc"}, {"--seed: abc; expected an integer from 0 on"}, 0);
  expect_refused({"train", "mlp", "--cache-mib", "1.5"}, {"--cache-mib: 1.5; expected an integer from 0 on"});
}

TEST_F(BadCommandTest, ARunFolderWithANameThatIsTooLong) {
  expect_refused(train_arguments(std::string(256, 'x')), {"--run: a name of 256 bytes", "at most 255"});
}

TEST_F(BadCommandTest, ANetworkLargerThanTheMachine) {
  expect_refused(train_arguments("new", {"gan.generator.network.mlp.hidden_sizes=[1000000000]"}),
                 {"hidden_sizes[0] is 1000000000; expected a positive integer of at most 1000000"});
}

TEST_F(BadCommandTest, ABatchOfOneToNormalise) {
  expect_refused({"train", "dcgan", "--run", "new", "--set", "data.path=" + dataset().string(), "--set",
                  "data.global_batch_size=1"},
                 {"data.global_batch_size is 1: gan.generator.network", "expected at least 2"}, 1);
}

TEST_F(BadCommandTest, MoreRanksThanSamplesInABatch) {
  expect_refused(train_arguments("new", {"data.global_batch_size=2"}),
                 {"data.global_batch_size is 2", "3 ranks", "at least one sample a rank"}, 3);
}

TEST_F(BadCommandTest, ABatchLargerThanTheDataset) {
  expect_refused(train_arguments("new", {"data.global_batch_size=257"}),
                 {"data.global_batch_size is 257", "256 samples", "at most that many"});
}

TEST_F(BadCommandTest, ARunFolderThatExists) {
  train("run", 1, {"train.steps=1"});
  expect_refused(train_arguments("run"), {"run: this run folder exists already", "--resume", "--run"});
}

TEST_F(BadCommandTest, ARunFolderWithOtherThings) {
  std::filesystem::create_directory(folder_ / "run");
  write_text(folder_ / "run" / "thesis.txt", "precious");
  expect_refused(train_arguments("run"), {"run: this run folder exists already", "--run"});
}

TEST_F(BadCommandTest, ARunFolderBelowAFile) {
  write_text(folder_ / "file", "");
  expect_refused(train_arguments("file/run"),
                 {"file/run", "Not a directory", "choose a writable folder with --run"});
}

TEST_F(BadCommandTest, ARunFolderThatIsAFile) {
  write_text(folder_ / "file", "");
  expect_refused(train_arguments("file"), {"file", "--run"});
}

TEST_F(BadCommandTest, ARunFolderThatCannotBeMade) {
  expect_refused(train_arguments("/proc/run"),
                 {"/proc/run", "cannot make the run folder", "choose a writable folder"});
}

TEST_F(BadCommandTest, ResumeWithoutARun) {
  expect_refused({"train", "mlp", "--resume"}, {"--resume needs the run's folder", "--run DIR"});
}

TEST_F(BadCommandTest, ResumeOfNothing) {
  expect_refused(resume_arguments("absent"), {"absent: no run here to resume", "give a recipe"});
}

TEST_F(BadCommandTest, ResumeWithAnotherRecipe) {
  train("run", 1, {"train.steps=1"});
  for (const char* setting : {"gan.generator.network.mlp.noise_size=99", "seed=2", "precision=float64"}) {
    const std::string key = std::string(setting).substr(0, std::string(setting).find('='));
    expect_refused(resume_arguments("run", {setting}),
                   {"run: the run was made with another recipe", key.substr(key.rfind('.') + 1),
                    "--resume may change `train`", "--allow-change KEY"});
  }
  expect_refused({"train", "dcgan", "--resume", "--run", "run"},
                 {"run: the run was made with another recipe"});
}

}  // namespace
}  // namespace ganymede
