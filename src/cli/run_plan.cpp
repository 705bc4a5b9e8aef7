#include "cli/run_plan.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "distributed/mpi_session.hpp"
#include "recipe/recipe_library.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// The first line in which two resolved recipes differ, of the parts that determine the weights.
std::optional<std::string> find_difference(Recipe before, Recipe now) {
  now.train = before.train;
  now.communication = before.communication;
  now.description = before.description;
  std::stringstream before_lines(to_yaml(before)), now_lines(to_yaml(now));
  std::string before_line, now_line;
  const auto trimmed = [](const std::string& line) {
    const auto begin = line.find_first_not_of(' ');
    return begin == std::string::npos ? std::string() : line.substr(begin);
  };
  while (true) {
    const bool more = static_cast<bool>(std::getline(before_lines, before_line));
    const bool more_now = static_cast<bool>(std::getline(now_lines, now_line));
    if (!more && !more_now) return std::nullopt;
    if (before_line != now_line || more != more_now)
      return fmt::format("\"{}\" there, \"{}\" now", trimmed(before_line), trimmed(now_line));
  }
}

// The recipe of the run that is continued, with what the command changes of its `train` section.
Recipe load_resumed_recipe(const TrainArguments& arguments, const RunFolder& run) {
  const Recipe before = load_recipe(run.recipe());
  const Recipe now =
      load_recipe(arguments.from.recipe.empty() ? run.recipe() : find_recipe(arguments.from.recipe),
                  arguments.from.overrides);
  if (const auto difference = find_difference(before, now))
    throw UserError(fmt::format(
        "{}: the run was made with another recipe: {}; --resume may only change `train` and `communication`",
        run.root().string(), *difference));
  return now;
}

// The folder's new owner writes to it from now on.
void end_job(const std::string& message) {
  std::fputs(fmt::format("ganymede: {}\n", message).c_str(), stderr);  // the log is of one thread
  abort_job(static_cast<int>(ExitCode::failure));
}

}  // namespace

RunPlan plan_run_on_root(const TrainArguments& arguments, int ranks) {
  require(!arguments.resume || !arguments.run.empty(), "--resume needs the run's folder: --run DIR");
  RunPlan plan;
  const auto claim = [&](ClaimedRun claimed) {
    plan.run = RunFolder(fs::absolute(claimed.run.root()));
    plan.lock = std::move(claimed.lock);
  };
  const FolderLockOptions options{.on_lost = end_job};
  if (!arguments.run.empty()) claim(claim_run_folder(arguments.run, options));
  plan.continues = arguments.resume && fs::exists(plan.run.recipe());
  require(plan.continues || !arguments.from.recipe.empty(), "{}",
          arguments.resume ? arguments.run + ": no run here to resume; give a recipe to start one"
                           : "which recipe? `ganymede recipe list` shows those that exist");

  if (plan.continues) {
    plan.recipe = load_resumed_recipe(arguments, plan.run);
  } else {
    plan.recipe = load_recipe(find_recipe(arguments.from.recipe), arguments.from.overrides);
    if (plan.lock) require_no_run(plan.run, /*accept_other_files=*/arguments.resume);
  }
  plan.dataset = find_fitting_dataset_on_root(plan.recipe, ranks);
  if (!plan.lock) claim(claim_next_run_folder(plan.recipe.name, options));
  return plan;
}

}  // namespace ganymede
