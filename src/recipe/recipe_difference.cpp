#include "recipe/recipe_difference.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "recipe/recipe_tree.hpp"

namespace ganymede {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;  // key, value

std::string text_of(const RecipeNode& node) {
  if (!node.sequence()) return node.text();
  std::vector<std::string> items;
  for (const RecipeNode& item : *node.sequence()) items.push_back(text_of(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

void append_entries(const RecipeNode& node, const std::string& key, Entries& entries) {
  if (!node.map()) {
    entries.emplace_back(key, text_of(node));
    return;
  }
  for (const auto& [name, value] : *node.map())
    append_entries(value, key.empty() ? name : key + "." + name, entries);
}

Entries entries_of(const Recipe& recipe) {
  Entries entries;
  append_entries(parse_recipe_text(to_yaml(recipe), recipe.name), "", entries);
  return entries;
}

std::string value_of(const Entries& entries, const std::string& key) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.first == key; });
  return found == entries.end() ? "" : found->second;
}

}  // namespace

std::vector<RecipeDifference> find_differences(const Recipe& before, const Recipe& now) {
  const Entries old_entries = entries_of(before), new_entries = entries_of(now);
  std::vector<RecipeDifference> differences;
  for (const auto& [key, value] : old_entries)
    if (const std::string other = value_of(new_entries, key); other != value)
      differences.push_back({key, value, other});
  for (const auto& [key, value] : new_entries)
    if (value_of(old_entries, key).empty()) differences.push_back({key, "", value});
  return differences;
}

bool is_covered(const std::string& key, const std::vector<std::string>& by) {
  return std::any_of(by.begin(), by.end(), [&](const std::string& cover) {
    return key == cover || (key.starts_with(cover) && key[cover.size()] == '.');
  });
}

}  // namespace ganymede
