#include <cstdio>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "recipe/recipe.hpp"
#include "recipe/recipe_library.hpp"

namespace ganymede {
namespace {

ExitCode list_all() {
  const std::vector<ListedRecipe> recipes = list_recipes();
  std::size_t width = 4;
  for (const auto& recipe : recipes) width = std::max(width, recipe.name.size());
  std::puts(fmt::format("{:<{}}  {:<7}  {}", "name", width, "section", "what it is").c_str());
  for (const auto& listed : recipes) {
    Recipe recipe;
    try {
      recipe = load_recipe(listed.file);
    } catch (const RecipeError& error) {
      recipe.description = error.what();  // one broken recipe does not hide the others
    }
    std::puts(
        fmt::format("{:<{}}  {:<7}  {}", listed.name, width, recipe.tutorial, recipe.description).c_str());
  }
  return ExitCode::success;
}

}  // namespace

void add_recipe_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("recipe", "List, show and check recipes");
  command->require_subcommand(1);

  CLI::App* list = command->add_subcommand("list", "All recipes, with their section of the tutorial");
  list->footer("Example: ganymede recipe list");
  list->callback([&action] { action = [](Communicator*) { return list_all(); }; });

  struct Arguments {
    std::string recipe;
    std::vector<std::string> overrides;
  };
  const auto add = [&](const char* name, const char* help, auto run) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* subcommand = command->add_subcommand(name, help);
    subcommand->add_option("recipe", arguments->recipe, "Recipe file or name")->required();
    add_set_option(*subcommand, arguments->overrides);
    subcommand->footer(
        fmt::format("Example: ganymede recipe {} dcgan --set data.global_batch_size=64", name));
    subcommand->callback([&action, arguments, run] {
      action = [arguments, run](Communicator*) {
        const auto file = find_recipe(arguments->recipe);
        run(file, load_recipe(file, arguments->overrides));
        return ExitCode::success;
      };
    });
  };
  add("show", "Print a recipe with every key and value that it resolves to",
      [](const std::filesystem::path&, const Recipe& recipe) {
        std::fputs(to_yaml(recipe).c_str(), stdout);
      });
  add("check", "Read a recipe and report the first mistake",
      [](const std::filesystem::path& file, const Recipe&) {
        std::puts(fmt::format("{}: ok", file.string()).c_str());
      });
}

}  // namespace ganymede
