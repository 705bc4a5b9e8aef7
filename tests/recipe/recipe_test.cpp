#include "recipe/recipe.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "base/nearest_word.hpp"
#include "recipe/recipe_library.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

const AdversarialOptions& gan_of(const Recipe& recipe) {
  return std::get<AdversarialOptions>(recipe.procedure);
}

// Line numbers in the expectations below count from the first line of this.
constexpr const char* kRecipe = R"(name: small
seed: 7
data: {path: somewhere, pixels: [0, 1]}
gan:
  update: simultaneous
  generator:
    network: {mlp: {noise_size: 5, hidden_sizes: [3]}}
    optimizer: {adam: {learning_rate: 1.0e-3}}
  discriminator:
    network: mlp
    optimizer: adam
train: {steps: 10}
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kRecipe;
  text.replace(text.find(from), from.size(), to);
  return text;
}

void expect_mistake(const std::string& text, const std::vector<std::string>& words) {
  SCOPED_TRACE(words.front());
  expect_error<RecipeError>([&] { parse_recipe(text, "r.yaml"); }, words);
}

TEST(Recipe, ReadsWhatIsWrittenAndKeepsDefaultsForTheRest) {
  const Recipe recipe = parse_recipe(kRecipe, "r.yaml");
  EXPECT_EQ(recipe.name, "small");
  EXPECT_EQ(recipe.seed, 7);
  EXPECT_EQ(recipe.data.pixels, (std::array<double, 2>{0, 1}));
  EXPECT_EQ(recipe.data.global_batch_size, 64);
  EXPECT_FALSE(recipe.data.horizontal_flip);
  EXPECT_EQ(gan_of(recipe).update, Update::simultaneous);
  const auto& generator = std::get<MlpGeneratorOptions>(gan_of(recipe).generator.network);
  EXPECT_EQ(generator.noise_size, 5);
  EXPECT_EQ(generator.hidden_sizes, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(std::get<AdamOptions>(gan_of(recipe).generator.update.optimizer).learning_rate, 1e-3);
  EXPECT_EQ(std::get<AdamOptions>(gan_of(recipe).discriminator.update.optimizer).beta1, 0.9);
  EXPECT_EQ(recipe.train.steps, 10);
  EXPECT_FALSE(recipe.train.epochs);
}

TEST(Recipe, ReadsEveryPartOfTheFamily) {
  const Recipe recipe = parse_recipe(with("  update: simultaneous\n", R"(  critic_steps: 3
  loss: {bce: {saturating: true, label_smoothing: 0.1}}
  condition: labels
  penalty: r1
  feature_matching: {weight: 2, layer: 1}
  packing: 4
  ema: 0.99
)"),
                                     "r.yaml");
  EXPECT_EQ(gan_of(recipe).critic_steps, 3);
  EXPECT_TRUE(std::get<BceLoss>(gan_of(recipe).loss).saturating);
  EXPECT_EQ(std::get<BceLoss>(gan_of(recipe).loss).label_smoothing, 0.1);
  EXPECT_TRUE(std::holds_alternative<LabelCondition>(gan_of(recipe).condition));
  EXPECT_EQ(std::get<R1Penalty>(gan_of(recipe).penalty.value()).weight, 10);
  EXPECT_EQ(gan_of(recipe).feature_matching.value().weight, 2);
  EXPECT_EQ(gan_of(recipe).feature_matching->layer, 1);
  EXPECT_EQ(gan_of(recipe).packing, 4);
  EXPECT_EQ(gan_of(recipe).ema, 0.99);
  EXPECT_FALSE(gan_of(recipe).weight_clip);
}

TEST(Recipe, ContradictionsAreRefusedWithTheirReason) {
  const auto with_gan = [](const std::string& lines) { return with("  update: simultaneous\n", lines); };
  expect_mistake(with_gan("  loss: wasserstein\n  weight_clip: 0.01\n  penalty: gradient\n"),
                 {"r.yaml", "gan.weight_clip", "gan.penalty", "one of them"});
  expect_mistake(with_gan("  weight_clip: 0.01\n"), {"r.yaml", "gan.weight_clip", "gan.loss: wasserstein"});
  expect_mistake(with_gan("  update: simultaneous\n  critic_steps: 5\n"),
                 {"r.yaml", "gan.critic_steps is 5", "update: alternating"});
  expect_mistake(with_gan("  packing: 3\n"), {"r.yaml", "gan.packing is 3", "64", "divisor"});
  // Batch normalisation in a critic with a gradient penalty: Gulrajani et al. 2017, section 4.
  std::string text = with_gan("  loss: wasserstein\n  penalty: gradient\n");
  text.replace(text.find("network: mlp\n"), 12, "network: {mlp: {batch_normalization: sync}}");
  expect_mistake(text, {"r.yaml", "gan.penalty", "batch_normalization"});
}

TEST(Recipe, NoneTakesBackWhatTheExtendedRecipeHas) {
  const TemporaryFolder folder;
  std::ofstream(folder / "base.yaml")
      << with("  update: simultaneous\n", "  loss: wasserstein\n  weight_clip: 0.01\n");
  std::ofstream(folder / "top.yaml") << "extends: base.yaml\ngan: {weight_clip: none, penalty: gradient}\n";
  const Recipe recipe = load_recipe(folder / "top.yaml");
  EXPECT_FALSE(gan_of(recipe).weight_clip);
  EXPECT_EQ(std::get<GradientPenalty>(gan_of(recipe).penalty.value()).weight, 10);
}

TEST(Recipe, ReadsAndPrintsTrueAndFalse) {
  const Recipe flipping =
      parse_recipe(with("pixels: [0, 1]", "pixels: [0, 1], horizontal_flip: true"), "r.yaml");
  EXPECT_TRUE(flipping.data.horizontal_flip);
  EXPECT_TRUE(parse_recipe(to_yaml(flipping), "printed").data.horizontal_flip);
  expect_mistake(with("pixels: [0, 1]", "horizontal_flip: yes"),
                 {"r.yaml:3: data.horizontal_flip is yes; expected true or false"});
}

TEST(Recipe, PrintsBackWhatItReads) {
  for (const ListedRecipe& listed : list_recipes()) {
    const std::string printed = to_yaml(load_recipe(listed.file));
    EXPECT_EQ(to_yaml(parse_recipe(printed, "printed")), printed) << listed.name;
  }
}

TEST(Recipe, MistakesNameFileLineKeyValueAndWhatWasExpected) {
  expect_mistake(with("seed: 7", "sead: 7"), {"r.yaml:2: ", "unknown key sead", "did you mean seed?"});
  expect_mistake(with("hidden_sizes: [3]", "depth: 3"), {"r.yaml:7: ", "gan.generator.network.mlp.depth"});
  expect_mistake(with("seed: 7", "seed: many"), {"r.yaml:2: seed is many", "expected an integer"});
  expect_mistake(with("seed: 7", "seed: 1.5"), {"r.yaml:2: seed is 1.5", "expected an integer"});
  expect_mistake(with("noise_size: 5", "noise_size: 0"),
                 {"r.yaml:7: gan.generator.network.mlp.noise_size is 0; expected a positive integer"});
  expect_mistake(with("[3]", "[3, -1]"), {"r.yaml:7: ", "hidden_sizes[1] is -1"});
  expect_mistake(with("[3]", "3"), {"r.yaml:7: ", "hidden_sizes is 3; expected a list"});
  expect_mistake(with("1.0e-3", "0"), {"r.yaml:8: ", "learning_rate is 0; expected a positive number"});
  expect_mistake(with("1.0e-3", "nan"), {"r.yaml:8: ", "learning_rate is nan; expected a positive number"});
  expect_mistake(with("[0, 1]", "[1, 0]"), {"r.yaml:3: data.pixels is [1, 0]", "the lower first"});
  expect_mistake(with("simultaneous", "simultanous"),
                 {"r.yaml:5: gan.update is simultanous", "did you mean simultaneous?"});
  expect_mistake(with("seed: 7", "device: gpu"),
                 {"r.yaml:2: device is gpu; expected one of: auto, cpu, cuda; did you mean cuda?"});
  expect_mistake(with("seed: 7", "precision: bf16"),
                 {"expected one of: float32, float64, mixed; did you mean mixed?"});
  expect_mistake(with("optimizer: adam", "optimizer: adamw"),
                 {"optimizer is adamw; expected one of: adam, rmsprop, sgd; did you mean adam?"});
  expect_mistake(with("{path: somewhere, ", "{path: somewhere, batch_size: 8, "),
                 {"unknown key data.batch_size; did you mean global_batch_size?"});
  expect_mistake(with("network: mlp", "network: transformer"),
                 {"r.yaml:10: ", "is transformer", "mlp, maxout, dcgan_discriminator"});
  expect_mistake(with("optimizer: adam", "optimizer: {adam: {}, sgd: {}}"),
                 {"r.yaml:11: ", "names 2 things"});
  expect_mistake(with("update: simultaneous", "update: {simultaneous: {x: 1}}"),
                 {"r.yaml:5: ", "takes no options"});
  expect_mistake(with("data: {path: somewhere, pixels: [0, 1]}", "data: here"), {"r.yaml:3: data is here"});
}

TEST(Recipe, ANumberBeyondItsBoundIsToldTheBound) {
  expect_mistake(with("1.0e-3", "1e16"),
                 {"learning_rate is 1e16; expected a positive number of at most 1000000000000000"});
  expect_mistake(with("[3]", "[3, 1000000000]"),
                 {"hidden_sizes[1] is 1000000000; expected a positive integer of at most 1000000"});
  expect_mistake(with("noise_size: 5", "noise_size: 99999999999999999999"),
                 {"noise_size", "at most 1000000"});
  expect_mistake(with("{steps: 10}", "{steps: 5000000000}"), {"train.steps", "at most 4294967295"});
  expect_mistake(with("{path: somewhere, ", "{path: somewhere, global_batch_size: 1000000000, "),
                 {"data.global_batch_size", "at most 100000000"});
  std::string many = "[1";
  for (int i = 0; i < 100; ++i) many += ", 1";
  expect_mistake(with("[3]", many + "]"), {"hidden_sizes has 101 entries; expected at most 100"});
}

TEST(Recipe, MissingKeysAreNamed) {
  expect_mistake(with("path: somewhere, ", ""), {"r.yaml:3: data.path is missing"});
  expect_mistake(with("name: small\n", ""), {"name is missing"});
  expect_mistake(with("{steps: 10}", "{keep: 2}"), {"train.steps and train.epochs are both missing"});
  expect_mistake(with("    network: mlp\n", ""), {"gan.discriminator.network is missing"});
}

TEST(Recipe, TheBestCheckpointIsOfANumberAndADirection) {
  const auto with_best = [](const std::string& best) {
    return with("{steps: 10}", "{steps: 10, keep_best: " + best + "}");
  };
  const Recipe recipe = parse_recipe(with_best("{scalar: nll, of: highest}"), "r.yaml");
  EXPECT_EQ(recipe.train.keep.best->scalar, "nll");
  EXPECT_EQ(recipe.train.keep.best->of, Extreme::highest);
  EXPECT_EQ(to_yaml(parse_recipe(to_yaml(recipe), "printed")), to_yaml(recipe));
  EXPECT_FALSE(parse_recipe(with_best("none"), "r.yaml").train.keep.best);
  expect_mistake(with_best("{scalar: nll}"), {"train.keep_best.of is missing"});
  expect_mistake(with_best("{of: lowest}"), {"train.keep_best.scalar is missing"});
  expect_mistake(with_best("{scalar: nll, of: least}"), {"train.keep_best.of is least", "lowest, highest"});
}

TEST(Recipe, ADivergenceStopsTrainingOrTakesItBack) {
  const auto on_divergence = [](const std::string& what) {
    return parse_recipe(with("{steps: 10}", "{steps: 10, on_divergence: " + what + "}"), "r.yaml")
        .train.on_divergence;
  };
  EXPECT_TRUE(std::holds_alternative<StopAtDivergence>(parse_recipe(kRecipe, "r.yaml").train.on_divergence));
  EXPECT_TRUE(std::holds_alternative<StopAtDivergence>(on_divergence("stop")));
  EXPECT_EQ(std::get<RollBack>(on_divergence("rollback")).times, 3);
  EXPECT_EQ(std::get<RollBack>(on_divergence("rollback")).learning_rate, 0.5);
  const RollBack given = std::get<RollBack>(on_divergence("{rollback: {times: 7, learning_rate: 1}}"));
  EXPECT_EQ(given.times, 7);
  EXPECT_EQ(given.learning_rate, 1);
  const auto expect_refused = [&](const std::string& what, const std::vector<std::string>& words) {
    expect_error<RecipeError>([&] { on_divergence(what); }, words);
  };
  expect_refused("again", {"train.on_divergence is again", "stop, rollback"});
  expect_refused("{stop: {times: 2}}", {"unknown key train.on_divergence.stop.times"});
  expect_refused("{rollback: {times: 0}}", {"train.on_divergence.rollback.times is 0", "a positive integer"});
  for (const char* factor : {"0", "1.5", "-1"})
    expect_refused(fmt::format("{{rollback: {{learning_rate: {}}}}}", factor),
                   {"train.on_divergence.rollback.learning_rate is ", "a number from, but not, 0 to 1"});
}

TEST(Recipe, BadSyntaxIsReportedWithItsLine) {
  expect_mistake("name: [1, 2\nseed: 3\n", {"r.yaml:"});
  expect_mistake(with("seed: 7", "name: again"), {"r.yaml:2: name stands here twice"});
  expect_mistake("just words", {"r.yaml:1: this is not a recipe"});
}

class RecipeFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / name;
    std::ofstream(file) << text;
    return file;
  }
  TemporaryFolder folder_;
};

TEST_F(RecipeFiles, OneRecipeExtendsAnotherAndOverridesWin) {
  write("base.yaml", kRecipe);
  const auto file =
      write("quick.yaml", "extends: base.yaml\ngan: {generator: {network: {mlp: {noise_size: 9}}}}\n");
  const Recipe recipe =
      load_recipe(file, {"train.steps=3", "gan.discriminator.network.mlp.hidden_sizes=[8, 4]"});
  EXPECT_EQ(std::get<MlpGeneratorOptions>(gan_of(recipe).generator.network).noise_size, 9);
  EXPECT_EQ(std::get<MlpGeneratorOptions>(gan_of(recipe).generator.network).hidden_sizes,
            (std::vector<std::int64_t>{3}));
  EXPECT_EQ(std::get<MlpDiscriminatorOptions>(gan_of(recipe).discriminator.network).hidden_sizes,
            (std::vector<std::int64_t>{8, 4}));
  EXPECT_EQ(recipe.train.steps, 3);
}

TEST_F(RecipeFiles, AnExtendingRecipeMayChooseAnotherNetwork) {
  write("base.yaml", kRecipe);
  const auto file = write(
      "other.yaml", "extends: base.yaml\ngan: {generator: {network: {dcgan_generator: {noise_size: 2}}}}\n");
  EXPECT_EQ(std::get<DcganGeneratorOptions>(gan_of(load_recipe(file)).generator.network).noise_size, 2);
  EXPECT_TRUE(std::holds_alternative<DcganDiscriminatorOptions>(
      gan_of(load_recipe(file, {"gan.discriminator.network=dcgan_discriminator"})).discriminator.network));
}

TEST_F(RecipeFiles, MistakesInAnExtendedRecipeOrOverrideNameTheirPlace) {
  write("base.yaml", with("seed: 7", "seed: x"));
  const auto file = write("quick.yaml", "extends: base.yaml\ntrain: {keep: 0}\n");
  expect_error<RecipeError>([&] { load_recipe(file); }, {"base.yaml:2: seed is x"});
  expect_error<RecipeError>([&] { load_recipe(file, {"seed=1"}); }, {"quick.yaml:2: train.keep is 0"});
  expect_error<RecipeError>(
      [&] {
        load_recipe(file, {"seed=1", "train.keep=no"});
      },
      {"--set train.keep=no: train.keep is no"});
  expect_error<RecipeError>([&] { load_recipe(file, {"seed"}); }, {"--set seed: expected KEY=VALUE"});
}

TEST_F(RecipeFiles, MissingFilesAndCirclesAreReported) {
  expect_error<RecipeError>([&] { load_recipe(folder_.path() / "none.yaml"); },
                            {"none.yaml: no such recipe"});
  const auto dangling = write("a.yaml", "extends: none.yaml\n");
  expect_error<RecipeError>([&] { load_recipe(dangling); },
                            {"a.yaml:1: extends", "none.yaml", "no such file"});
  const auto circle = write("b.yaml", "extends: b.yaml\n");
  expect_error<RecipeError>([&] { load_recipe(circle); }, {"b.yaml:1: ", "circle"});
}

TEST(RecipeLibrary, SuggestsTheNearestName) {
  EXPECT_EQ(nearest_word("dcgna", {"mlp", "dcgan"}), "dcgan");
  EXPECT_EQ(nearest_word("elephant", {"mlp", "dcgan"}), "");
  EXPECT_EQ(nearest_word("adm", {"sgd", "adam"}), "adam");
  EXPECT_EQ(nearest_word("sum", {"sgd", "adam"}), "");
  EXPECT_EQ(nearest_word(std::string(1 << 20, 'a'), {"adam"}), "");
  expect_error<RecipeError>([] { find_recipe("dcgn"); }, {"dcgn", "did you mean dcgan?", "recipe list"});
}

TEST(Recipes, AnAliasBombDoesNotExpand) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  expect_error<RecipeError>([&] { parse_recipe(text, "bomb"); },
                            {"bomb:", "a recipe has at most 100000 values"});
}

TEST(Recipes, DepthHasAnEnd) {
  expect_error<RecipeError>(
      [] { parse_recipe("a: " + std::string(100, '[') + std::string(100, ']'), "deep"); },
      {"deep:1", "64 maps and lists deep"});
  expect_error<RecipeError>([] { parse_recipe("a: &a [*a]", "circle"); }, {"circle:1"});
}

TEST(Recipes, AFileWithoutAnEndIsNotRead) {
  expect_error<RecipeError>([] { load_recipe("/dev/zero"); }, {"/dev/zero", "this is not a recipe"});
}

}  // namespace
}  // namespace ganymede
