#include "recipe/recipe_reader.hpp"

#include <algorithm>
#include <map>

#include "base/lower_case.hpp"
#include "base/nearest_word.hpp"

namespace ganymede {
namespace {

[[noreturn]] void throw_unexpected(const RecipeNode& node, const std::string& key,
                                   const std::string& expected) {
  throw RecipeError(fmt::format("{}: {} is {}; expected {}", node.place, key, node.text(), expected));
}

// The one of the known words by which a recipe calls what other programs call so, or the nearest, or "".
std::string word_meant(const std::string& word, const std::vector<std::string>& known) {
  static const std::map<std::string, std::string> synonyms{{"gpu", "cuda"},
                                                           {"nvidia", "cuda"},
                                                           {"bf16", "mixed"},
                                                           {"bfloat16", "mixed"},
                                                           {"fp16", "mixed"},
                                                           {"float16", "mixed"},
                                                           {"half", "mixed"},
                                                           {"amp", "mixed"},
                                                           {"fp32", "float32"},
                                                           {"float", "float32"},
                                                           {"single", "float32"},
                                                           {"fp64", "float64"},
                                                           {"double", "float64"},
                                                           {"wgan", "wasserstein"},
                                                           {"lsgan", "least_squares"},
                                                           {"mse", "least_squares"},
                                                           {"cross_entropy", "bce"},
                                                           {"gp", "gradient"},
                                                           {"lr", "learning_rate"},
                                                           {"batch_size", "global_batch_size"}};
  const auto synonym = synonyms.find(lower_case(word));
  if (synonym != synonyms.end() && std::find(known.begin(), known.end(), synonym->second) != known.end())
    return synonym->second;
  return nearest_word(word, known);
}

std::string ask_for(const std::string& meant) {
  return meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
}

// The text of a node that should be a number.
const std::string& text_of(const RecipeNode& node, const std::string& key, const Range& range) {
  if (!node.scalar()) throw_unexpected(node, key, range.expected);
  return *node.scalar();
}

std::int64_t read_integer(const RecipeNode& node, const std::string& key, const Range& range) {
  const std::string& text = text_of(node, key, range);
  const auto integer = integer_in(range, text);
  if (!integer) throw_unexpected(node, key, expected_of(range, text));
  return *integer;
}

double read_number(const RecipeNode& node, const std::string& key, const Range& range) {
  const std::string& text = text_of(node, key, range);
  const auto number = number_in(range, text);
  if (!number) throw_unexpected(node, key, expected_of(range, text));
  return *number;
}

}  // namespace

void RecipeReader::value(const char* key, std::string& target) {
  const RecipeNode* node = look_up(key);
  if (!node) return;
  if (!node->scalar()) throw_unexpected(*node, join(key), "text");
  target = *node->scalar();
}

void RecipeReader::value(const char* key, bool& target) {
  const RecipeNode* node = look_up(key);
  if (!node) return;
  const std::string* text = node->scalar();
  if (!text || (*text != "true" && *text != "false")) throw_unexpected(*node, join(key), "true or false");
  target = *text == "true";
}

void RecipeReader::value(const char* key, std::int64_t& target, const Range& range) {
  if (const RecipeNode* node = look_up(key)) target = read_integer(*node, join(key), range);
}

void RecipeReader::value(const char* key, double& target, const Range& range) {
  if (const RecipeNode* node = look_up(key)) target = read_number(*node, join(key), range);
}

void RecipeReader::value(const char* key, std::vector<std::int64_t>& target, const Range& range) {
  const RecipeNode* node = look_up(key);
  if (!node) return;
  if (!node->sequence()) throw_unexpected(*node, join(key), "a list, as in [256, 512]");
  if (node->sequence()->size() > kMostHiddenLayers)
    throw RecipeError(fmt::format("{}: {} has {} entries; expected at most {}", node->place, join(key),
                                  node->sequence()->size(), kMostHiddenLayers));
  target.clear();
  for (const RecipeNode& item : *node->sequence())
    target.push_back(read_integer(item, fmt::format("{}[{}]", join(key), target.size()), range));
}

void RecipeReader::value(const char* key, std::vector<std::string>& target) {
  const RecipeNode* node = look_up(key);
  if (!node) return;
  target.clear();
  if (node->scalar()) {
    target.push_back(*node->scalar());
    return;
  }
  if (!node->sequence()) throw_unexpected(*node, join(key), "a name, or a list as in [one, other]");
  for (const RecipeNode& item : *node->sequence()) {
    if (!item.scalar() || item.scalar()->empty())
      throw_unexpected(item, fmt::format("{}[{}]", join(key), target.size()), "a name");
    target.push_back(*item.scalar());
  }
}

void RecipeReader::value(const char* key, std::array<double, 2>& target) {
  const RecipeNode* node = look_up(key);
  if (!node) return;
  constexpr const char* kExpected = "two numbers, the lower first, as in [-1, 1]";
  if (!node->sequence() || node->sequence()->size() != 2) throw_unexpected(*node, join(key), kExpected);
  for (std::size_t i = 0; i < 2; ++i)
    target[i] = read_number((*node->sequence())[i], fmt::format("{}[{}]", join(key), i), kAnyNumber);
  if (target[0] >= target[1])
    throw RecipeError(fmt::format("{}: {} is [{}, {}]; expected {}", node->place, join(key), target[0],
                                  target[1], kExpected));
}

void RecipeReader::required(const char* key) {
  if (const RecipeNode* node = node_.find(key)) {
    if (node->scalar() && node->scalar()->empty())
      throw RecipeError(fmt::format("{}: {} is empty; give it a value", node->place, join(key)));
    return;
  }
  throw RecipeError(fmt::format("{}: {} is missing; add it", node_.place, join(key)));
}

std::string RecipeReader::only_section_of(const std::vector<std::string>& names) const {
  std::vector<std::string> given;
  for (const std::string& name : names)
    if (node_.find(name)) given.push_back(name);
  if (given.size() > 1)
    throw RecipeError(fmt::format("{}: there are {}; expected one of them", node_.find(given[1])->place,
                                  fmt::join(given, " and ")));
  return given.empty() ? names.front() : given.front();
}

std::optional<RecipeReader::Picked> RecipeReader::pick(const char* key,
                                                       const std::vector<std::string>& names) {
  const RecipeNode* node = look_up(key);
  if (!node) return std::nullopt;
  std::optional<Picked> picked;
  if (const std::string* name = node->scalar()) {
    picked = Picked{*name, nullptr, node->place};
  } else if (const auto* map = node->map()) {
    // A recipe that extends another replaces its choice: only the names of the topmost layer count.
    int top = 0;
    for (const auto& [_, options] : *map) top = std::max(top, options.layer);
    std::vector<Picked> candidates;
    for (const auto& [alternative, options] : *map)
      if (options.layer == top) candidates.push_back({alternative, &options, options.place});
    if (candidates.size() != 1)
      throw RecipeError(fmt::format("{}: {} names {} things; expected one of: {}", node->place, join(key),
                                    candidates.size(), fmt::join(names, ", ")));
    picked = candidates.front();
    if (picked->options->scalar() && picked->options->scalar()->empty()) picked->options = nullptr;
  } else {
    throw_unexpected(*node, join(key), fmt::format("one of: {}", fmt::join(names, ", ")));
  }
  if (std::find(names.begin(), names.end(), picked->name) == names.end())
    throw RecipeError(fmt::format("{}: {} is {}; expected one of: {}{}", picked->place, join(key),
                                  picked->name, fmt::join(names, ", "),
                                  ask_for(word_meant(picked->name, names))));
  return picked;
}

void RecipeReader::throw_options_not_taken(const char* key, const Picked& picked) const {
  throw RecipeError(fmt::format("{}: {}.{} takes no options; write {}: {}", picked.place, join(key),
                                picked.name, key, picked.name));
}

const RecipeNode& RecipeReader::as_map(const std::string& key, const RecipeNode& node) const {
  if (!node.map()) throw_unexpected(node, key, "keys with values below it");
  return node;
}

void RecipeReader::finish() const {
  for (const auto& [key, node] : *node_.map()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string meant = word_meant(key, known_);
    throw RecipeError(fmt::format("{}: unknown key {}; {}", node.place, join(key),
                                  suggest(meant.empty() ? key : meant, known_)));
  }
}

}  // namespace ganymede
