// Finding recipes by name: in $GANYMEDE_RECIPES (folders separated by colons), then in experiments/ of the
// installation or the source. A recipe folder holds recipe.yaml and variants beside it: "dcgan" is
// dcgan/recipe.yaml, "dcgan/quick" is dcgan/quick.yaml.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ganymede {

// A file, a folder with recipe.yaml, or a name. Throws RecipeError saying where it looked.
std::filesystem::path find_recipe(const std::string& file_or_name);

struct ListedRecipe {
  std::string name;  // as find_recipe takes it
  std::filesystem::path file;
};
std::vector<ListedRecipe> list_recipes();

}  // namespace ganymede
