#include <filesystem>

#include "base/logging.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/picture_options.hpp"
#include "cli/resume.hpp"
#include "cli/terminal.hpp"
#include "cli/training_setup.hpp"
#include "distributed/agreement.hpp"
#include "training/stop_request.hpp"
#include "training/trainer.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// Rank 0 plans; the others get the plan as text. Collective.
RunPlan agree_on_plan(const TrainArguments& arguments, Communicator& communicator) {
  RunPlan plan;
  agree_on_root(communicator, [&] { plan = plan_run_on_root(arguments, communicator.size()); });
  plan.recipe = broadcast_recipe(communicator, plan.recipe);
  plan.run = RunFolder(broadcast_text(communicator, plan.run.root().string()));
  plan.dataset = broadcast_text(communicator, plan.dataset.string());
  return plan;
}

// Makes the run folder and the ranks' logs in it; of a run that goes on, puts away what lies after its start.
// Collective.
void open_run(const RunPlan& plan, const CheckpointStore& store, const CheckpointInfo& start, bool takes_back,
              Communicator& communicator) {
  agree_on_root(communicator, [&] {
    store.remove_leftovers();
    if (takes_back) store.set_aside_after(start.step);
    open_run_folder_on_root(plan.run, to_yaml(plan.recipe));
  });
  agree(communicator, [&] {
    const fs::path log = plan.run.log_of(communicator.rank());
    fs::create_directories(log.parent_path());  // on another host without a shared disk
    add_log_file(log);
  });
}

// Relative to the working directory where that is shorter to read.
std::string short_path(const fs::path& path) {
  const std::string relative = fs::proximate(path).string();
  return relative.starts_with("..") ? path.string() : relative;
}

ExitCode run_training(const TrainArguments& arguments, Communicator& communicator) {
  const RunPlan plan = agree_on_plan(arguments, communicator);
  const Recipe& recipe = plan.recipe;
  const int threads = start_threads(arguments.from.threads, communicator);

  const DatasetIndex index = agree_on_dataset(plan.dataset, communicator);
  communicator.configure(recipe.communication);
  const std::unique_ptr<Gan> gan = agree_on_gan(recipe, index, communicator);
  CheckpointStore store(plan.run.checkpoints());
  const CheckpointInfo start = agree_on_start(arguments, plan, store, index, *gan, communicator);

  const std::unique_ptr<BatchLoader> loader =
      agree_on_loader(recipe, index, *gan, start.step, arguments.from.cache_mib, communicator);

  // Nothing has been written so far: a mistake, or a signal before the first step, leaves no half-made run
  // behind.
  agree(communicator, end_if_stop_requested);
  open_run(plan, store, start, arguments.at_step.has_value(), communicator);
  if (start.step > 0) spdlog::info("resuming at step {}", start.step);
  spdlog::info("{}: {} samples, global batch {}, {}, {} a rank; results in {}", recipe.name, index.samples,
               recipe.data.global_batch_size, counted(communicator.size(), "rank"),
               counted(threads, "thread"), short_path(plan.run.root()));

  const TrainingEnd end = train({.options = recipe.train,
                                 .start = start,
                                 .steps_per_epoch = loader->steps_per_epoch() / gan->batches_per_step(),
                                 .picture = picture_options(recipe, start.data),
                                 .on_terminal = stdout_reaches_terminal()},
                                *gan, *loader, plan.run, store, communicator);
  return end == TrainingEnd::finished ? ExitCode::success : ExitCode::stopped_on_request;
}

}  // namespace

void add_train_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* command = app.add_subcommand("train", "Train a recipe; under mpirun, on all its ranks");
  add_recipe_options(*command, arguments->from);
  expect_path(command->add_option("--run", arguments->run, "Folder for the results [runs/<recipe>-<n>]"))
      ->type_name("DIR");
  command->add_flag("--resume", arguments->resume,
                    "Go on from the newest checkpoint in --run; start there if there is no run yet");
  command->add_option("--at-step", arguments->at_step,
                      "With --resume: go on from the checkpoint of that step; those after it are set aside");
  command
      ->add_option(
          "--allow-change", arguments->allow_change,
          "With --resume: a key, or a part of the recipe, that may differ from the run's; repeat it for more")
      ->allow_extra_args(false)
      ->take_all()
      ->type_name("KEY");
  command->footer("Example: mpirun -n 2 ganymede train dcgan/quick --set seed=7 --run runs/first");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_training(*arguments, *communicator); };
  });
}

}  // namespace ganymede
