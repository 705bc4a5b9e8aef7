// The options of the commands that train from a recipe.
#pragma once

#include <CLI/CLI.hpp>

#include "session/training_setup.hpp"

namespace ganymede {

// RECIPE, --set, --threads and --cache-mib. The arguments must outlive the parsing.
void add_recipe_options(CLI::App& command, RecipeArguments& arguments);

}  // namespace ganymede
