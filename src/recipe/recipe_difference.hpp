// In which keys two recipes differ.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace ganymede {

struct RecipeDifference {
  std::string key;          // "gan.generator.optimizer.adam.learning_rate"
  std::string before, now;  // "" where a recipe lacks the key
};

// In the order of the recipes, sections first of `before`, then what only `now` has.
std::vector<RecipeDifference> find_differences(const Recipe& before, const Recipe& now);

// Whether the key is one of those, or lies below one: "gan.loss" covers "gan.loss.mixed.wasserstein_weight".
bool is_covered(const std::string& key, const std::vector<std::string>& by);

}  // namespace ganymede
