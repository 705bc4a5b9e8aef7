// A family's parts as small recipes, which its PyTorch reference reads too: a file of tests/reference/ whose
// `base` is a recipe, and whose `parts` are what each puts into the section of its procedure.
#pragma once

#include <fstream>

#include "recipe/recipe.hpp"
#include "storage/json_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {

inline Json read_reference(const std::string& file) {
  return read_json(std::string(GANYMEDE_SOURCE_DIR) + "/tests/reference/" + file);
}

inline std::vector<std::string> part_names(const std::string& file) {
  std::vector<std::string> names;
  const Json read = read_reference(file);
  for (const auto& item : read.at("parts").items()) names.push_back(item.key());
  return names;
}

// YAML contains JSON: the part is a recipe that extends the base.
template <typename Options>
Options part_options(const std::string& file, const char* section, const std::string& name) {
  const Json read = read_reference(file);
  const TemporaryFolder folder;
  std::ofstream(folder / "base.yaml") << read.at("base").dump();
  std::ofstream(folder / "part.yaml")
      << Json{{"extends", "base.yaml"}, {section, read.at("parts").at(name)}}.dump();
  return std::get<Options>(load_recipe(folder / "part.yaml").procedure);
}

}  // namespace ganymede
