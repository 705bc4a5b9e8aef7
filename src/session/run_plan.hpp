// What `train` is going to do, decided on rank 0 before the first collective of training.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "session/training_setup.hpp"
#include "training/run_folder.hpp"

namespace ganymede {

struct TrainArguments {
  RecipeArguments from;  // the recipe's name may be empty with resume
  std::string run;       // empty: runs/<recipe>-<n>
  bool resume = false;
  std::optional<std::int64_t> at_step;  // with resume: the checkpoint to go on from
  std::string stage;  // where hosts keep the shards that they read; empty: train from where they lie
  std::vector<std::string> allow_change;  // with resume: keys that may differ from the run's recipe
  std::string trace;                      // a file for the timeline, or empty
  std::optional<int> held_rank;           // that waits for a debugger
  bool on_terminal = false;               // where progress is shown
};

struct RunPlan {
  Recipe recipe;
  RunFolder run{""};
  bool continues = false;                       // an earlier run in the same folder
  std::vector<std::filesystem::path> datasets;  // [source]
  std::unique_ptr<FolderLock> lock;             // of the run folder; on rank 0 only
};

// Reads the recipe, finds the dataset and checks that they fit each other, the run folder and the number of
// ranks. Makes the run folder and locks it; without more, it goes with the plan.
RunPlan plan_run_on_root(const TrainArguments& arguments, int ranks);

}  // namespace ganymede
