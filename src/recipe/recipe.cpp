#include "recipe/recipe.hpp"

#include <bit>

#include "base/counted.hpp"
#include "recipe/recipe_grammar.hpp"

namespace ganymede {
namespace {

void check_replicas(std::int64_t replicas, const Recipe& recipe) {
  require(std::has_single_bit(static_cast<std::uint64_t>(replicas)),
          "reproducible.replicas is {}; expected a power of two", replicas);
  const std::int64_t together = places_together(recipe.procedure);
  const std::int64_t packs = recipe.data.global_batch_size / together;
  require(
      packs % replicas == 0,
      "reproducible.replicas is {}, which does not divide data.global_batch_size, {}{}; expected a divisor",
      replicas, recipe.data.global_batch_size,
      together == 1 ? "" : fmt::format(", in packs of {}", together));
}

Recipe read_recipe(const RecipeNode& root) {
  Recipe recipe;
  RecipeReader reader(root, "");
  visit_options(reader, recipe);
  reader.finish();
  if (!recipe.train.steps && !recipe.train.epochs)
    throw RecipeError(
        fmt::format("{}: train.steps and train.epochs are both missing; give one of them", root.place));
  if (recipe.name.find('/') != std::string::npos)
    throw RecipeError(fmt::format("{}: name is \"{}\"; expected a word, it names the run's folder",
                                  root.find("name")->place, recipe.name));
  const std::size_t sources = source_count(recipe.procedure);
  if (recipe.data.path.size() != sources)
    throw RecipeError(fmt::format("{}: data.path names {}; expected {}, one a source of the procedure",
                                  root.place, counted(recipe.data.path.size(), "dataset"), sources));
  if (!recipe.data.held_out.empty() && recipe.data.held_out.size() != sources)
    throw RecipeError(fmt::format("{}: data.held_out names {}; expected {}, as data.path, or none",
                                  root.place, counted(recipe.data.held_out.size(), "dataset"), sources));
  try {
    check_options(recipe.procedure, recipe.batch());
    if (recipe.reproducible) check_replicas(recipe.reproducible->replicas, recipe);
  } catch (const UserError& error) {
    throw RecipeError(fmt::format("{}: {}", root.place, error.what()));
  }
  return recipe;
}

}  // namespace

Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  RecipeNode root = read_recipe_file(file);
  for (const std::string& assignment : overrides) apply_override(root, assignment);
  return read_recipe(root);
}

Recipe parse_recipe(const std::string& text, const std::string& source) {
  return read_recipe(parse_recipe_text(text, source));
}

std::string to_yaml(const Recipe& recipe) {
  Recipe copy = recipe;  // visitors take what they visit by reference
  RecipeWriter writer;
  visit_options(writer, copy);
  return writer.finish();
}

}  // namespace ganymede
