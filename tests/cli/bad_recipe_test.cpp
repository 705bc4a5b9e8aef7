// Mistakes in a recipe: file, line, key, the value found, what was expected.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

constexpr const char* kRecipe = R"(name: tiny
seed: 1
data:
  path: DATASET
  pixels: [-1, 1]
  global_batch_size: 16
gan:
  loss: bce
  generator:
    network: {mlp: {noise_size: 8, hidden_sizes: [16]}}
    optimizer: {adam: {learning_rate: 0.001, beta1: 0.9}}
  discriminator:
    network: {mlp: {hidden_sizes: [16]}}
    optimizer: {adam: {learning_rate: 0.002}}
train:
  steps: 2
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << "the recipe lacks: " << from;
  return place == std::string::npos ? text : text.replace(place, from.size(), to);
}

struct Mistake {
  std::string name;          // of the test
  std::string from, to;      // the edit that makes it
  Words words;               // in the message
  bool in_training = false;  // two ranks see one of each kind, `recipe check` the others
};

std::ostream& operator<<(std::ostream& stream, const Mistake& mistake) {
  return stream << mistake.name;
}

class BadRecipeTest : public ProgramTest, public testing::WithParamInterface<Mistake> {};

TEST_F(BadRecipeTest, TheRecipeWithoutAMistakeTrains) {
  write_text(folder_ / "tiny.yaml", replaced(kRecipe, "DATASET", dataset()));
  const ProgramResult result = run({"train", "tiny.yaml"}, 2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(list_checkpoints(folder_ / "runs/tiny-1"), testing::ElementsAre("step_00000002"));
}

TEST_F(BadRecipeTest, GpusThatRanksDoNotHaveAreRefused) {
  write_text(folder_ / "tiny.yaml", replaced(kRecipe, "DATASET", dataset()));
  for (const int ranks : {0, 2})
    expect_refusal(folder_.path(), {"train", "tiny.yaml", "--device", "cuda"}, ranks, kUserMistake,
                   {"device is cuda", "train with --device cpu"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs")) << "nothing is made";
  expect_refusal(folder_.path(), {"bench", "tiny.yaml", "--device", "cuda"}, 2, kUserMistake,
                 {"device is cuda"});
  expect_refusal(folder_.path(), {"train", "tiny.yaml", "--device", "gpu"}, 0, kUserMistake,
                 {"--device: gpu", "auto, cpu or cuda"});
}

TEST_P(BadRecipeTest, IsRefused) {
  const Mistake& mistake = GetParam();
  write_text(folder_ / "tiny.yaml", replaced(kRecipe, mistake.from, mistake.to));
  if (mistake.in_training)
    expect_refusal(folder_.path(), {"train", "tiny.yaml"}, 2, kUserMistake, mistake.words);
  else
    expect_refusal(folder_.path(), {"recipe", "check", "tiny.yaml"}, 0, kUserMistake, mistake.words);
}

constexpr bool kInTraining = true;

const std::vector<Mistake> kMistakes{
    {"UnknownKey",
     "hidden_sizes: [16]}}\n    optimizer: {adam: {learning_rate: 0.001",
     "hiden_sizes: [16]}}\n    optimizer: {adam: {learning_rate: 0.001",
     {"tiny.yaml:10: ", "unknown key gan.generator.network.mlp.hiden_sizes", "did you mean hidden_sizes?"},
     kInTraining},
    {"UnknownKeyAtTheTop", "seed: 1", "sed: 1", {"tiny.yaml:2: ", "unknown key sed", "did you mean seed?"}},
    {"UnknownKeyLikeNoOther",
     "seed: 1",
     "zzzzzzzz: 1",
     {"tiny.yaml:2: ", "zzzzzzzz", "expected one of: name"}},
    {"TextForANumber",
     "steps: 2",
     "steps: many",
     {"tiny.yaml:16: ", "train.steps is many", "expected a positive integer"},
     kInTraining},
    {"FractionForAnInteger",
     "size: 16",
     "size: 16.5",
     {":6: ", "data.global_batch_size is 16.5", "positive integer"}},
    {"NumberTooLarge",
     "steps: 2",
     "steps: 99999999999999999999",
     {":16: ", "train.steps", "positive integer"}},
    {"MapForANumber", "steps: 2", "steps: {at: 2}", {":16: ", "train.steps is a map", "positive integer"}},
    {"ListForText", "name: tiny", "name: [tiny]", {":1: ", "name is a list", "expected text"}},
    {"NumberForAList", "[-1, 1]", "3", {":5: ", "data.pixels is 3", "two numbers"}},
    {"PixelsReversed", "[-1, 1]", "[1, -1]", {":5: ", "data.pixels is [1, -1]", "the lower first"}},
    {"TextForASection",
     "train:\n  steps: 2",
     "train: 2",
     {":15: ", "train is 2", "keys with values below it"}},
    {"ZeroBatch",
     "size: 16",
     "size: 0",
     {":6: ", "data.global_batch_size is 0", "positive integer"},
     kInTraining},
    {"NegativeSteps",
     "steps: 2",
     "steps: -3",
     {":16: ", "train.steps is -3", "positive integer"},
     kInTraining},
    {"NegativeSeed", "seed: 1", "seed: -1", {":2: ", "seed is -1", "from 0"}},
    {"ZeroLayer",
     "hidden_sizes: [16]",
     "hidden_sizes: [16, 0]",
     {":10: ", "gan.generator.network.mlp.hidden_sizes[1] is 0", "positive integer"}},
    {"ZeroLearningRate",
     "0.002",
     "0",
     {":14: ", "gan.discriminator.optimizer.adam.learning_rate is 0", "positive number"}},
    {"NotANumberLearningRate", "0.002", ".nan", {":14: ", "learning_rate is .nan", "positive number"}},
    {"PlainNanLearningRate", "0.002", "nan", {":14: ", "learning_rate is nan", "positive number"}},
    {"BetaOne",
     "beta1: 0.9",
     "beta1: 1.0",
     {":11: ", "gan.generator.optimizer.adam.beta1 is 1.0", "a number from 0 up to, but not, 1"},
     kInTraining},
    {"UnknownNetwork",
     "{mlp: {noise_size: 8, hidden_sizes: [16]}}",
     "{mpl: {noise_size: 8}}",
     {":10: ", "gan.generator.network is mpl", "did you mean mlp?"},
     kInTraining},
    {"UnknownLoss",
     "loss: bce",
     "loss: wasserstien",
     {":8: ", "gan.loss is wasserstien", "did you mean wasserstein"},
     kInTraining},
    {"LossWithOptionsOfAnother",
     "loss: bce",
     "loss: {bce: {wasserstein_weight: 2}}",
     {":8: ", "unknown key gan.loss.bce.wasserstein_weight", "saturating"}},
    {"UpdateWithOptions",
     "loss: bce",
     "update: {alternating: {steps: 2}}",
     {":8: ", "gan.update.alternating takes no options", "update: alternating"}},
    {"ClipAndPenalty",
     "loss: bce",
     "loss: wasserstein\n  weight_clip: 0.01\n  penalty: gradient",
     {"gan.weight_clip and gan.penalty", "give one of them"},
     kInTraining},
    {"PackingThatDoesNotDivide", "loss: bce", "packing: 5", {"gan.packing is 5", "16", "divisor"}},
    {"TwoNetworks",
     "{mlp: {noise_size: 8, hidden_sizes: [16]}}",
     "{mlp: {}, dcgan_generator: {}}",
     {":10: ", "gan.generator.network names 2 things", "mlp, dcgan_generator"}},
    {"UnknownPrecision",
     "seed: 1",
     "precision: float23",
     {":2: ", "precision is float23", "did you mean float32?"}},
    {"DuplicateKey",
     "  loss: bce",
     "  loss: bce\n  loss: bce",
     {":9: ", "loss stands here twice", "remove one"},
     kInTraining},
    {"MissingPath", "  path: ", "  # path: ", {":3: ", "data.path is missing", "add it"}, kInTraining},
    {"EmptyPath", "path: ", "path: # ", {":4: ", "data.path", "empty"}},
    {"MissingOptimizer",
     "    optimizer: {adam: {learning_rate: 0.002}}\n",
     "",
     {":12: ", "gan.discriminator.optimizer is missing", "add it"}},
    {"MissingSteps",
     "  steps: 2",
     "  keep: 2",
     {"tiny.yaml:", "train.steps and train.epochs are both missing"}},
    {"MissingName", "name: tiny\n", "", {"tiny.yaml:1: ", "name is missing", "add it"}},
    {"NameWithASlash", "name: tiny", "name: a/b", {":1: ", "name is \"a/b\"", "a word"}},
    {"EmptyName", "name: tiny", "name: ''", {":1: ", "name is empty"}},
    {"BracketLeftOpen", "[-1, 1]", "[-1, 1", {"tiny.yaml:", "flow"}, kInTraining},
    {"TabForIndentation", "  steps: 2", "\tsteps: 2", {"tiny.yaml:1", "tab"}},
    {"ExtendsNothing", "name: tiny", "extends: absent.yaml", {":1: ", "extends absent.yaml", "no such file"}},
    {"ExtendsItself", "name: tiny", "extends: tiny.yaml", {"tiny.yaml:1: ", "extend", "circle"}},
};

INSTANTIATE_TEST_SUITE_P(Mistakes, BadRecipeTest, testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

TEST_F(BadRecipeTest, AFileThatIsNoRecipeIsRefused) {
  for (const char* text : {"", "just words\n", "- a\n- list\n"}) {
    write_text(folder_ / "tiny.yaml", text);
    expect_refusal(folder_.path(), {"train", "tiny.yaml"}, 2, kUserMistake,
                   {"tiny.yaml:1: ", "not a recipe"});
  }
}

TEST_F(BadRecipeTest, AMissingRecipeFileIsRefused) {
  expect_refusal(folder_.path(), {"train", "absent.yaml"}, 2, kUserMistake,
                 {"absent.yaml: no such recipe", "ganymede recipe list"});
}

TEST_F(BadRecipeTest, AnUnknownRecipeNameIsRefusedWithTheNearest) {
  expect_refusal(folder_.path(), {"train", "dcgam"}, 2, kUserMistake, {"dcgam", "did you mean dcgan?"});
}

}  // namespace
}  // namespace ganymede
