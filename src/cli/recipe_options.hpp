// The options of the commands that train from a recipe, or look whether they could.
#pragma once

#include <CLI/CLI.hpp>

#include "session/training_setup.hpp"

namespace ganymede {

// RECIPE, --set, --device and --threads. The arguments must outlive the parsing.
void add_recipe_options(CLI::App& command, RecipeArguments& arguments);

}  // namespace ganymede
