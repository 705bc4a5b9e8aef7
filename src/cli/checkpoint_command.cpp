#include <sys/stat.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "base/counted.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/units.hpp"
#include "recipe/recipe.hpp"
#include "reporting/progress.hpp"
#include "training/checkpoint_store.hpp"
#include "training/run_folder.hpp"
#include "training/step_name.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

struct CheckpointArguments {
  std::string run;
  std::optional<std::int64_t> step, keep;
  bool dry_run = false;
};

// The steps of a run's checkpoints, newest first. Throws UserError if there are none.
std::vector<std::int64_t> steps_of(const CheckpointStore& store, const RunFolder& run) {
  require_run(run);
  std::vector<std::int64_t> steps = store.steps();
  require_checkpoint(run, !steps.empty());
  return steps;
}

std::string size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) * kMegabytes);
}

// "2026-01-31 23:59", of this place.
std::string written_at(const fs::path& folder) {
  struct stat status {};
  std::tm local{};
  char text[32] = "-";
  if (::stat(folder.c_str(), &status) == 0 && ::localtime_r(&status.st_mtime, &local))
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
  return text;
}

ExitCode list(const CheckpointArguments& arguments) {
  const RunFolder run(arguments.run);
  CheckpointStore store(run.checkpoints());
  const std::vector<std::int64_t> steps = steps_of(store, run);
  const KeepOptions keep = load_recipe(run.recipe()).train.keep;
  const auto kept = store.kept(keep, steps.front(), CheckpointStore::Trust::sizes);
  std::puts(fmt::format("{:>10}  {:<16}  {:>10}  {:>8}  {:<24}  {}", "step", "written", "size", "trained",
                        "kept as", "state")
                .c_str());
  for (const std::int64_t step : steps) {
    const fs::path folder = store.path_of(step);
    std::string trained = "-", state = "ok";
    try {
      trained = format_duration(read_info_of_whole_checkpoint(folder).seconds);
    } catch (const Error& error) {
      state = fmt::format("damaged: {}", error.what());
    }
    const auto reason = kept.find(step);
    std::puts(fmt::format("{:>10}  {:<16}  {:>10}  {:>8}  {:<24}  {}", step, written_at(folder),
                          size_of(folder), trained,
                          reason == kept.end() || reason->second.empty() ? "-" : reason->second, state)
                  .c_str());
  }
  return ExitCode::success;
}

ExitCode verify(const CheckpointArguments& arguments) {
  const RunFolder run(arguments.run);
  CheckpointStore store(run.checkpoints());
  std::vector<std::string> damaged;
  const std::vector<std::int64_t> steps = steps_of(store, run);
  for (const std::int64_t step : steps) {
    std::string verdict = "ok";
    try {
      store.read(step);
    } catch (const Error& error) {
      verdict = error.what();
      damaged.push_back(name_of_step(step));
    }
    std::puts(fmt::format("{}: {}", name_of_step(step), verdict).c_str());
  }
  if (!damaged.empty())
    throw DataError(fmt::format(
        "{}: {} of {} damaged: {}; --resume passes over them", run.checkpoints().string(), damaged.size(),
        counted(static_cast<std::int64_t>(steps.size()), "checkpoint"), fmt::join(damaged, ", ")));
  return ExitCode::success;
}

void print_checkpoint(const Checkpoint& checkpoint) {
  const auto& [info, state] = checkpoint;
  std::puts(fmt::format("step {}, {} trained", info.step, format_duration(info.seconds)).c_str());
  if (info.attempt.rollbacks > 0)
    std::puts(fmt::format("went back {} before, to {:.6g} times the recipe's learning rates",
                          counted(info.attempt.rollbacks, "time"), info.attempt.rate_factor)
                  .c_str());
  for (const TrainedOn& source : info.sources)
    std::puts(fmt::format("on {}: {}", source.folder.string(), counted(source.samples, "sample")).c_str());
  for (const auto& [name, value] : info.scalars) std::puts(fmt::format("{} {:.6g}", name, value).c_str());
  std::size_t width = 0;
  for (const NamedTensor& named : state) width = std::max(width, named.name.size());
  for (const auto& [name, tensor] : state)
    std::puts(fmt::format("{:<{}}  {:<8}  [{}]", name, width, c10::toString(tensor.scalar_type()),
                          fmt::join(tensor.sizes().vec(), ", "))
                  .c_str());
}

ExitCode show(const CheckpointArguments& arguments) {
  const RunFolder run(arguments.run);
  CheckpointStore store(run.checkpoints());
  steps_of(store, run);
  store.use_newest(print_checkpoint, arguments.step);
  return ExitCode::success;
}

ExitCode prune(const CheckpointArguments& arguments) {
  const RunFolder run(arguments.run);
  CheckpointStore store(run.checkpoints());
  steps_of(store, run);
  KeepOptions keep = load_recipe(run.recipe()).train.keep;
  keep.newest = arguments.keep.value_or(keep.newest);
  ClaimedRun claimed;
  if (!arguments.dry_run) {
    claimed = claim_run_folder(run.root());
    store.remove_leftovers();
  }
  const std::vector<std::int64_t> steps = steps_of(store, run);  // by now nobody else's
  const std::vector<std::int64_t> superfluous = store.not_kept(keep, steps.front());
  for (const std::int64_t step : superfluous) {
    const std::string what = fmt::format("{} ({})", name_of_step(step), size_of(store.path_of(step)));
    if (!arguments.dry_run)
      if (const auto remark = store.remove(step)) throw Error(*remark);
    std::puts(fmt::format("{} {}", arguments.dry_run ? "would remove" : "removed", what).c_str());
  }
  std::puts(fmt::format("{} {}",
                        counted(static_cast<std::int64_t>(steps.size() - superfluous.size()), "checkpoint"),
                        steps.size() - superfluous.size() == 1 ? "stays" : "stay")
                .c_str());
  return ExitCode::success;
}

}  // namespace

void add_checkpoint_command(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("checkpoint", "List, verify, show and prune the checkpoints of a run");
  command->require_subcommand(1);
  constexpr Range kNewest{.low = 1, .high = 1e15, .expected = "a positive integer", .says_high = false};
  constexpr Range kStep{.low = 0, .high = 1e15, .expected = "a step", .says_high = false};

  const auto add = [&](const char* name, const char* help, const char* example, auto run) {
    auto arguments = std::make_shared<CheckpointArguments>();
    CLI::App* subcommand = command->add_subcommand(name, help);
    expect_path(subcommand->add_option("run", arguments->run, "Folder of the run"))
        ->required()
        ->type_name("DIR");
    subcommand->footer(fmt::format("Example: ganymede checkpoint {} runs/mlp-1{}", name, example));
    subcommand->callback(
        [&action, arguments, run] { action = [arguments, run](Communicator*) { return run(*arguments); }; });
    return std::pair(subcommand, arguments);
  };
  add("list", "Step, time, size, why it stays, and whether its files are there", "", list);
  add("verify", "Check every file of every checkpoint against its checksum", "", verify);
  const auto [showing, of_showing] =
      add("show", "What one was trained on, and each tensor with its type and shape", " --step 4000", show);
  expect_integer(showing->add_option("--step", of_showing->step, "Which one [the newest]"), kStep);
  const auto [pruning, of_pruning] =
      add("prune", "Remove those that the run's recipe does not keep", " --keep 1 --dry-run", prune);
  expect_integer(pruning->add_option("--keep", of_pruning->keep, "Newest ones to keep [train.keep]"),
                 kNewest);
  pruning->add_flag("--dry-run", of_pruning->dry_run, "Say what would go, and remove nothing");
}

}  // namespace ganymede
