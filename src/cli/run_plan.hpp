// What `train` is going to do, decided on rank 0 before the first collective of training.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"
#include "training/run_folder.hpp"

namespace ganymede {

struct TrainArguments {
  std::string recipe;  // file or name; may be empty with resume
  std::vector<std::string> overrides;
  std::string run;  // empty: runs/<recipe>-<n>
  bool resume = false;
  int threads = 0;  // a rank; 0 shares the cores among the ranks of a host
};

struct RunPlan {
  Recipe recipe;
  RunFolder run{""};
  std::filesystem::path dataset;
};

// Reads the recipe, finds the dataset, checks that they fit each other and the number of ranks, and makes the
// run folder (or, with resume, opens it). Throws before anything is written when something is wrong.
RunPlan prepare_run_on_root(const TrainArguments& arguments, int ranks);

}  // namespace ganymede
