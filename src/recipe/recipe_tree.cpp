#include "recipe/recipe_tree.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepestExtension = 8;
constexpr std::size_t kMostBytes = 1 << 20;

// The node below this key, or null; constant where the map is.
template <typename Map>
auto find_in(Map& map, const std::string& key) -> decltype(&map.begin()->node) {
  const auto it = std::find_if(map.begin(), map.end(), [&](const auto& entry) { return entry.key == key; });
  return it == map.end() ? nullptr : &it->node;
}

// What is left of how large and how deep a recipe may be: each use of a YAML alias is a copy here, so that a
// few lines could ask for more nodes than there is memory.
struct Allowance {
  std::int64_t nodes = 100'000;
  int depth = 64;
};

RecipeNode convert(const YAML::Node& node, const std::string& source, Allowance& left) {
  if (--left.nodes < 0 || left.depth == 0)
    throw RecipeError(
        fmt::format("{}:{}: a recipe has at most {} values, {} maps and lists deep, also by the use "
                    "of aliases (&name, *name); leave them out",
                    source, node.Mark().line + 1, Allowance{}.nodes, Allowance{}.depth));
  --left.depth;
  RecipeNode converted{.value = {}, .place = fmt::format("{}:{}", source, node.Mark().line + 1)};
  if (node.IsMap()) {
    RecipeNode::Map map;
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>();
      if (find_in(map, key))
        throw RecipeError(fmt::format("{}:{}: {} stands here twice; remove one of them", source,
                                      entry.first.Mark().line + 1, key));
      map.push_back({key, convert(entry.second, source, left)});
      // A key without a value has no line of its own.
      map.back().node.place = fmt::format("{}:{}", source, entry.first.Mark().line + 1);
    }
    converted.value = std::move(map);
  } else if (node.IsSequence()) {
    RecipeNode::Sequence sequence;
    for (const auto& item : node) sequence.push_back(convert(item, source, left));
    converted.value = std::move(sequence);
  } else {
    converted.value = node.IsNull() ? std::string() : node.Scalar();
  }
  ++left.depth;
  return converted;
}

bool is_indented_with_tab(const std::string& text, int line_number) {
  std::stringstream lines(text);
  std::string line;
  for (int i = 0; i <= line_number; ++i) std::getline(lines, line);
  const auto first = line.find_first_not_of(' ');
  return first != std::string::npos && line[first] == '\t';
}

void raise_layer(RecipeNode& node, int layer) {
  node.layer = layer;
  if (auto* map = std::get_if<RecipeNode::Map>(&node.value))
    for (auto& entry : *map) raise_layer(entry.node, layer);
}

// Maps are merged key by key; anything else is replaced.
void merge(RecipeNode& below, RecipeNode above) {
  auto* below_map = std::get_if<RecipeNode::Map>(&below.value);
  auto* above_map = std::get_if<RecipeNode::Map>(&above.value);
  if (!below_map || !above_map) {
    below = std::move(above);
    return;
  }
  below.layer = above.layer;
  for (auto& [key, node] : *above_map) {
    if (RecipeNode* existing = find_in(*below_map, key))
      merge(*existing, std::move(node));
    else
      below_map->push_back({key, std::move(node)});
  }
}

RecipeNode read_file(const fs::path& file, int depth) {
  std::ifstream stream(file);
  if (!stream || fs::is_directory(file))
    throw RecipeError(
        fmt::format("{}: no such recipe; `ganymede recipe list` shows those that exist", file.string()));
  std::string text(kMostBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMostBytes)
    throw RecipeError(
        fmt::format("{}: it has more than {} bytes: this is not a recipe", file.string(), kMostBytes));
  RecipeNode node = parse_recipe_text(text, file.string());
  auto& map = std::get<RecipeNode::Map>(node.value);
  const RecipeNode* extends = find_in(map, "extends");
  if (!extends) return node;
  if (!extends->scalar() || extends->scalar()->empty())
    throw RecipeError(fmt::format("{}: extends is {}; expected the file name of a recipe", extends->place,
                                  extends->text()));
  if (depth >= kDeepestExtension)
    throw RecipeError(fmt::format("{}: more than {} recipes extend one another; do they extend in a circle?",
                                  extends->place, kDeepestExtension));
  const fs::path base_file = file.parent_path() / *extends->scalar();
  if (!fs::is_regular_file(base_file))
    throw RecipeError(
        fmt::format("{}: extends {}, but there is no such file", extends->place, base_file.string()));
  RecipeNode base = read_file(base_file, depth + 1);
  std::erase_if(map, [](const auto& entry) { return entry.key == "extends"; });
  raise_layer(node, base.layer + 1);
  merge(base, std::move(node));
  return base;
}

}  // namespace

const RecipeNode* RecipeNode::find(const std::string& key) const {
  return find_in(std::get<Map>(value), key);
}

std::string RecipeNode::text() const {
  if (const auto* text = scalar()) return text->empty() ? "empty" : *text;
  return map() ? "a map" : "a list";
}

RecipeNode parse_recipe_text(const std::string& text, const std::string& source) {
  try {
    Allowance left;
    RecipeNode node = convert(YAML::Load(text), source, left);
    if (!node.map())
      throw RecipeError(fmt::format("{}:1: this is not a recipe; expected keys with values", source));
    return node;
  } catch (const YAML::Exception& error) {
    throw RecipeError(fmt::format("{}:{}: {}", source, error.mark.line + 1,
                                  is_indented_with_tab(text, error.mark.line)
                                      ? "this line is indented with a tab; YAML wants spaces"
                                      : error.msg));
  }
}

RecipeNode read_recipe_file(const fs::path& file) {
  return read_file(file, 0);
}

void apply_override(RecipeNode& root, const std::string& assignment) {
  const std::string place = "--set " + assignment;
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw RecipeError(fmt::format("{}: expected KEY=VALUE, as in --set train.steps=100", place));
  RecipeNode node;
  try {
    Allowance left;
    node = convert(YAML::Load(assignment.substr(equals + 1)), place, left);
  } catch (const YAML::Exception& error) {
    throw RecipeError(fmt::format("{}: {}", place, error.msg));
  }
  // From the innermost key outwards: a.b=v is {a: {b: v}}.
  std::string key = assignment.substr(0, equals);
  while (true) {
    const auto dot = key.rfind('.');
    const std::string last = dot == std::string::npos ? key : key.substr(dot + 1);
    if (last.empty()) throw RecipeError(fmt::format("{}: the key has an empty part", place));
    RecipeNode::Map map;
    map.push_back({last, std::move(node)});
    node = RecipeNode{.value = std::move(map), .place = place};
    if (dot == std::string::npos) break;
    key.resize(dot);
  }
  const auto set_place = [&](auto& self, RecipeNode& each) -> void {
    each.place = place;
    if (auto* map = std::get_if<RecipeNode::Map>(&each.value))
      for (auto& entry : *map) self(self, entry.node);
  };
  set_place(set_place, node);
  raise_layer(node, root.layer + 1);
  merge(root, std::move(node));
}

}  // namespace ganymede
