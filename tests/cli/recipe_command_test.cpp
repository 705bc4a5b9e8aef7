#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using RecipeCommandTest = ProgramTest;

TEST_F(RecipeCommandTest, ListNamesEachRecipeWithItsSection) {
  const ProgramResult result = run({"recipe", "list"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, testing::ContainsRegex("mlp +1\\.2 +[a-z]"));
  EXPECT_THAT(result.output, testing::ContainsRegex("dcgan +4\\.1 +[a-z]"));
  EXPECT_THAT(result.output, HasSubstr("dcgan/quick"));
}

TEST_F(RecipeCommandTest, EveryListedRecipePassesTheCheck) {
  const Words lines = run({"recipe", "list"}).lines();
  ASSERT_GT(lines.size(), 1U);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string name = lines[i].substr(0, lines[i].find(' '));
    const ProgramResult result = run({"recipe", "check", name});
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    EXPECT_THAT(result.output, HasSubstr(".yaml: ok"));
  }
}

TEST_F(RecipeCommandTest, ShowPrintsARecipeThatShowsTheSameAgain) {
  const ProgramResult shown = run({"recipe", "show", "dcgan", "--set", "train.keep=9"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("keep: 9"));
  write_text(folder_ / "shown.yaml", shown.output);
  EXPECT_EQ(run({"recipe", "show", "shown.yaml"}).output, shown.output);
}

TEST_F(RecipeCommandTest, FoldersOfOnesOwnAreSearchedFirst) {
  fs::create_directories(folder_ / "mine" / "own");
  fs::copy_file(GANYMEDE_SOURCE_DIR "/experiments/mlp/recipe.yaml", folder_ / "mine" / "own" / "recipe.yaml");
  const ProgramOptions options{.environment = {{"GANYMEDE_RECIPES", folder_ / "mine"}}};
  EXPECT_THAT(run_program({"recipe", "list"}, options).output, HasSubstr("own "));
  EXPECT_EQ(run_program({"recipe", "check", "own"}, options).output,
            (folder_ / "mine" / "own" / "recipe.yaml").string() + ": ok\n");
}

TEST_F(RecipeCommandTest, EveryCommandHasHelpWithAnExample) {
  for (const Words& command : {Words{"train"},
                               {"sample"},
                               {"dataset", "import", "idx"},
                               {"dataset", "inspect"},
                               {"dataset", "verify"},
                               {"recipe", "list"},
                               {"recipe", "show"},
                               {"recipe", "check"}}) {
    Words arguments = command;
    arguments.emplace_back("--help");
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    EXPECT_THAT(result.output, HasSubstr("Example: ")) << command.back();
    EXPECT_EQ(result.errors, "");
  }
}

TEST_F(RecipeCommandTest, HelpAndVersionAreSaidOnceByTwoRanks) {
  const ProgramResult help = run({"train", "--help"}, 2);
  EXPECT_EQ(help.exit_code, 0);
  const std::string title = "Train a recipe";
  const std::size_t first = help.output.find(title);
  ASSERT_NE(first, std::string::npos) << help.describe();
  EXPECT_EQ(help.output.find(title, first + 1), std::string::npos) << help.describe();
  EXPECT_THAT(run({"--version"}).output, testing::ContainsRegex("^[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace ganymede
