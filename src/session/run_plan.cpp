#include "session/run_plan.hpp"

#include <algorithm>
#include <cstdio>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "recipe/recipe_difference.hpp"
#include "recipe/recipe_library.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// These do not determine the weights after a step.
const std::vector<std::string> kFreeToChange{"train", "communication", "description", "device",
                                             "data.held_out"};

// Refuses what --resume changes unasked, several at once.
void require_allowed_changes(const Recipe& before, const Recipe& now, const TrainArguments& arguments) {
  constexpr std::size_t kMostShown = 3;
  const auto shown = [](const std::string& value) { return value.empty() ? "not there" : value; };
  std::vector<std::string> refused;
  for (const auto& [key, old_value, new_value] : find_differences(before, now))
    if (!is_covered(key, kFreeToChange) && !is_covered(key, arguments.allow_change))
      refused.push_back(fmt::format("{} was {}, now {}", key, shown(old_value), shown(new_value)));
  if (refused.empty()) return;
  const std::size_t more = refused.size() - std::min(refused.size(), kMostShown);
  refused.resize(refused.size() - more);
  throw UserError(fmt::format(
      "{}: the run was made with another recipe: {}{}. --resume may change `train` and `communication`; "
      "allow others one by one with --allow-change KEY",
      arguments.run, fmt::join(refused, "; "), more > 0 ? fmt::format("; and {} more", more) : ""));
}

// The recipe of the run that is continued, with what the command changes of it.
Recipe load_resumed_recipe(const TrainArguments& arguments, const RunFolder& run, const Recipe& before) {
  Recipe now = load_recipe(arguments.from.recipe.empty() ? run.recipe() : find_recipe(arguments.from.recipe),
                           arguments.from.overrides);
  require_allowed_changes(before, now, arguments);
  return now;
}

void check_arguments(const TrainArguments& arguments, int ranks) {
  require(!arguments.resume || !arguments.run.empty(), "--resume needs the run's folder: --run DIR");
  require(arguments.resume || !arguments.at_step, "--at-step says where --resume goes on; give both");
  require(arguments.resume || arguments.allow_change.empty(),
          "--allow-change says what --resume may change; give both");
  require(arguments.held_rank.value_or(0) < ranks,
          "--hold-rank is {}, but the job has {}; expected at most {}", arguments.held_rank.value_or(0),
          counted(ranks, "rank"), ranks - 1);
}

// The folder's new owner writes to it from now on.
void end_job(const std::string& message) {
  std::fputs(fmt::format("ganymede: {}\n", message).c_str(), stderr);  // the log is of one thread
  abort_job(static_cast<int>(ExitCode::failure));
}

}  // namespace

RunPlan plan_run_on_root(const TrainArguments& arguments, int ranks) {
  check_arguments(arguments, ranks);
  RunPlan plan;
  const auto claim = [&](ClaimedRun claimed) {
    plan.run = RunFolder(fs::absolute(claimed.run.root()).lexically_normal());
    plan.lock = std::move(claimed.lock);
  };
  const FolderLockOptions options{.on_lost = end_job};
  if (!arguments.run.empty()) claim(claim_run_folder(arguments.run, options));
  plan.continues = arguments.resume && fs::exists(plan.run.recipe());
  require(plan.continues || !arguments.from.recipe.empty(), "{}",
          arguments.resume ? arguments.run + ": no run here to resume; give a recipe to start one"
                           : "which recipe? `ganymede recipe list` shows those that exist");

  std::vector<fs::path> where_data_lay;  // whatever the working directory is now
  if (plan.continues) {
    const Recipe before = load_recipe(plan.run.recipe());
    plan.recipe = load_resumed_recipe(arguments, plan.run, before);
    if (before.data.path == plan.recipe.data.path)
      where_data_lay = CheckpointStore(plan.run.checkpoints()).last_data_folders();
  } else {
    plan.recipe = load_recipe(find_recipe(arguments.from.recipe), arguments.from.overrides);
    if (plan.lock) require_no_run(plan.run, /*accept_other_files=*/arguments.resume);
  }
  plan.datasets = find_fitting_datasets_on_root(plan.recipe, ranks, where_data_lay);
  if (!plan.lock) claim(claim_next_run_folder(plan.recipe.name, options));
  return plan;
}

}  // namespace ganymede
