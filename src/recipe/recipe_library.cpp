#include "recipe/recipe_library.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/error.hpp"
#include "base/nearest_word.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// Of the installation that this program, PREFIX/bin/ganymede, belongs to; else of the source that it was
// built from.
fs::path own_recipes() {
  std::error_code unreadable;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", unreadable).parent_path().parent_path();
  const fs::path installed = prefix / "share/ganymede/experiments";
  return fs::is_directory(installed, unreadable) ? installed : fs::path(GANYMEDE_EXPERIMENTS_DIR);
}

std::vector<fs::path> recipe_folders() {
  std::vector<fs::path> folders;
  if (const char* variable = std::getenv("GANYMEDE_RECIPES")) {
    std::stringstream list(variable);
    for (std::string folder; std::getline(list, folder, ':');)
      if (!folder.empty()) folders.emplace_back(folder);
  }
  folders.push_back(own_recipes());
  return folders;
}

bool is_recipe_file(const fs::path& file) {
  return file.extension() == ".yaml" && fs::is_regular_file(file);
}

}  // namespace

fs::path find_recipe(const std::string& file_or_name) {
  if (fs::is_regular_file(file_or_name)) return file_or_name;
  if (is_recipe_file(fs::path(file_or_name) / "recipe.yaml")) return fs::path(file_or_name) / "recipe.yaml";
  std::vector<std::string> names;
  for (const ListedRecipe& recipe : list_recipes()) {
    if (recipe.name == file_or_name) return recipe.file;
    names.push_back(recipe.name);
  }
  const std::string nearest = nearest_word(file_or_name, names);
  throw RecipeError(
      fmt::format("{}: no such recipe file, and no recipe of this name{}; `ganymede recipe list` shows "
                  "those that exist",
                  file_or_name, nearest.empty() ? "" : fmt::format(" (did you mean {}?)", nearest)));
}

std::vector<ListedRecipe> list_recipes() {
  std::vector<ListedRecipe> recipes;
  for (const fs::path& folder : recipe_folders()) {
    if (!fs::is_directory(folder)) continue;
    const std::size_t first = recipes.size();
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!is_recipe_file(entry.path() / "recipe.yaml")) continue;
      for (const auto& file : fs::directory_iterator(entry.path())) {
        if (!is_recipe_file(file.path())) continue;
        const std::string name = entry.path().filename();
        const std::string variant = file.path().stem();
        recipes.push_back({variant == "recipe" ? name : name + "/" + variant, file.path()});
      }
    }
    std::sort(recipes.begin() + static_cast<std::ptrdiff_t>(first), recipes.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  return recipes;
}

}  // namespace ganymede
