// Reads option structs from a recipe tree, strictly: an unknown key, a wrong type or an impossible value
// throws RecipeError. What it reads is said in recipe_grammar.hpp, which RecipeWriter shares.
#pragma once

#include <array>
#include <concepts>
#include <optional>

#include "base/error.hpp"
#include "base/number_range.hpp"
#include "recipe/recipe_tree.hpp"

namespace ganymede {

// Ranges without a bound of their own end where doubles still count in ones.
inline constexpr double kLargest = 1e15;
inline constexpr Range kPositiveInteger{
    .low = 1, .high = kLargest, .expected = "a positive integer", .says_high = false};
// Of a layer, of noise, of a batch: a mistyped one is refused before it asks for the machine's whole memory.
inline constexpr Range kLayerSize{
    .low = 1, .high = 1'000'000, .expected = "a positive integer", .says_high = false};
inline constexpr Range kBatchSize{
    .low = 1, .high = 100'000'000, .expected = "a positive integer", .says_high = false};
inline constexpr Range kChannels{
    .low = 1, .high = 10'000, .expected = "a positive integer", .says_high = false};
// Random streams count steps in 32 bits.
inline constexpr Range kSteps{
    .low = 1, .high = 4'294'967'295, .expected = "a positive integer", .says_high = false};
inline constexpr Range kEpochs{.low = 1, .high = 1e9, .expected = "a positive integer", .says_high = false};
inline constexpr Range kCriticSteps{.low = 1, .high = 255, .expected = "an integer from 1 to 255"};
inline constexpr Range kSeedRange{
    .low = 0, .high = kLargest, .expected = "an integer from 0 on", .says_high = false};
inline constexpr Range kPositiveNumber{
    .low = 0, .high = kLargest, .low_open = true, .expected = "a positive number", .says_high = false};
inline constexpr Range kProbability{
    .low = 0, .high = 1, .high_open = true, .expected = "a number from 0 up to, but not, 1"};
inline constexpr Range kProbabilityOrOne{.low = 0, .high = 1, .expected = "a number from 0 to 1"};
inline constexpr Range kCount{
    .low = 0, .high = kLargest, .expected = "an integer from 0 on", .says_high = false};
inline constexpr Range kWeightFromZero{
    .low = 0, .high = kLargest, .expected = "a number from 0 on", .says_high = false};
inline constexpr Range kAnyNumber{
    .low = -kLargest, .high = kLargest, .expected = "a number", .says_high = false};
inline constexpr std::size_t kMostHiddenLayers = 100;

// One alternative of a choice: its name in the recipe and the type of its options.
template <typename Options>
struct Alternative {
  const char* name;
};

class RecipeReader {
 public:
  // node is a map; path is its key from the root, "" for the root.
  RecipeReader(const RecipeNode& node, std::string path) : node_(node), path_(std::move(path)) {}

  void value(const char* key, std::string& target);
  void value(const char* key, bool& target);
  void value(const char* key, std::int64_t& target, const Range& range);
  void value(const char* key, double& target, const Range& range);
  void value(const char* key, std::vector<std::int64_t>& target, const Range& range);
  // One text, or a list of them.
  void value(const char* key, std::vector<std::string>& target);
  void value(const char* key, std::array<double, 2>& target);
  template <typename Number>
  void value(const char* key, std::optional<Number>& target, const Range& range,
             const char* when_left_out = "none") {
    if (is_left_out(key, when_left_out)) return target.reset();
    target.emplace();
    value(key, *target, range);
  }

  // A choice, section or number (above) that may be left out, or be `none`: with that word a recipe takes
  // back what the one that it extends has.
  template <typename Options, typename... Alternatives>
  void optional_choice(const char* key, std::optional<Options>& target, const Alternatives&... alternatives) {
    if (is_left_out(key)) return target.reset();
    target.emplace();
    choice(key, *target, alternatives...);
  }
  template <typename Options>
  void optional_section(const char* key, std::optional<Options>& target) {
    if (is_left_out(key)) return target.reset();
    target.emplace();
    section(key, [&](auto& inner) { visit_options(inner, *target); });
  }

  // A key that must be there.
  void required(const char* key);

  template <typename Body>
  void section(const char* key, Body body) {
    known(key);
    const RecipeNode* node = node_.find(key);
    const RecipeNode empty{.value = RecipeNode::Map{}, .place = node_.place};
    RecipeReader inner(as_map(join(key), node ? *node : empty), join(key));
    body(inner);
    inner.finish();
  }

  // One of several sections, which says what it is by its own key; of none given the first.
  template <typename... Options>
  void one_section(std::variant<Options...>& target, const Alternative<Options>&... alternatives) {
    const std::string given = only_section_of({alternatives.name...});
    const auto read = [&]<typename One>(const Alternative<One>& alternative) {
      known(alternative.name);
      if (given != alternative.name) return;
      One options;
      section(alternative.name, [&](auto& inner) { visit_options(inner, options); });
      target = options;
    };
    (read(alternatives), ...);
  }

  // A name out of a fixed list.
  template <typename Enum, std::size_t N>
  void choice(const char* key, Enum& target, const std::array<std::pair<const char*, Enum>, N>& names) {
    std::vector<std::string> known_names;
    for (const auto& [name, value] : names) known_names.emplace_back(name);
    const auto picked = pick(key, known_names);
    if (!picked) return;
    if (picked->options) throw_options_not_taken(key, *picked);
    for (const auto& [name, value] : names)
      if (picked->name == name) target = value;
  }

  // A name, or a map with that name as its one key and the options below it.
  template <typename... Options>
  void choice(const char* key, std::variant<Options...>& target,
              const Alternative<Options>&... alternatives) {
    const auto picked = pick(key, {alternatives.name...});
    if (!picked) return;
    const auto read = [&]<typename One>(const Alternative<One>& alternative) {
      if (picked->name != alternative.name) return;
      One options;
      const RecipeNode empty{.value = RecipeNode::Map{}, .place = picked->place};
      const std::string path = join(key) + "." + alternative.name;
      RecipeReader inner(as_map(path, picked->options ? *picked->options : empty), path);
      visit_options(inner, options);
      inner.finish();
      target = options;
    };
    (read(alternatives), ...);
  }

  // Throws on a key that nobody asked for.
  void finish() const;

 private:
  struct Picked {
    std::string name;
    const RecipeNode* options;  // null when none were given
    std::string place;
  };
  std::optional<Picked> pick(const char* key, const std::vector<std::string>& names);
  [[noreturn]] void throw_options_not_taken(const char* key, const Picked& picked) const;

  std::string only_section_of(const std::vector<std::string>& names) const;
  bool is_left_out(const char* key, const char* word = "none") {
    const RecipeNode* node = look_up(key);
    return !node || (node->scalar() && *node->scalar() == word);
  }

  void known(const char* key) { known_.emplace_back(key); }
  std::string join(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const RecipeNode& as_map(const std::string& key, const RecipeNode& node) const;
  const RecipeNode* look_up(const char* key) {
    known(key);
    return node_.find(key);
  }

  const RecipeNode& node_;
  const std::string path_;
  std::vector<std::string> known_;
};

}  // namespace ganymede
