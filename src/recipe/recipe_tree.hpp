// A recipe file as a tree whose nodes know where they were written, so that recipes can extend each other and
// take overrides, and errors still name file and line.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace ganymede {

struct RecipeNode {
  using Sequence = std::vector<RecipeNode>;
  struct Entry;
  using Map = std::vector<Entry>;  // in the order of the file

  std::variant<std::string, Sequence, Map> value;  // a scalar is its text
  std::string place;                               // "file:line", or the override's own text
  int layer = 0;  // 0 the recipe at the bottom, one more for each that extends it or overrides it

  const Map* map() const { return std::get_if<Map>(&value); }
  const std::string* scalar() const { return std::get_if<std::string>(&value); }
  const Sequence* sequence() const { return std::get_if<Sequence>(&value); }
  const RecipeNode* find(const std::string& key) const;  // of a map; null when absent

  // "3", "[...]" or "{...}": what an error shows of it.
  std::string text() const;
};

struct RecipeNode::Entry {
  std::string key;
  RecipeNode node;
};

// All throw RecipeError on bad syntax, a missing file, and what is far larger or deeper than a recipe.
RecipeNode parse_recipe_text(const std::string& text, const std::string& source);
// Follows `extends: FILE` (relative to the file itself).
RecipeNode read_recipe_file(const std::filesystem::path& file);
// Applies "a.b.c=value".
void apply_override(RecipeNode& root, const std::string& assignment);

}  // namespace ganymede
