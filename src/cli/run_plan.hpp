// What `train` is going to do, decided on rank 0 before the first collective of training.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/sample_cache.hpp"
#include "recipe/recipe.hpp"
#include "training/run_folder.hpp"

namespace ganymede {

struct TrainArguments {
  std::string recipe;  // file or name; may be empty with resume
  std::vector<std::string> overrides;
  std::string run;  // empty: runs/<recipe>-<n>
  bool resume = false;
  std::int64_t cache_mib = kDefaultCacheMib;
  int threads = 0;  // a rank; 0 shares the cores among the ranks of a host
};

struct RunPlan {
  Recipe recipe;
  RunFolder run{""};
  bool continues = false;  // an earlier run in the same folder
  std::filesystem::path dataset;
};

// Reads the recipe, finds the dataset and checks that they fit each other, the run folder and the number of
// ranks. Writes nothing.
RunPlan plan_run_on_root(const TrainArguments& arguments, int ranks);

}  // namespace ganymede
