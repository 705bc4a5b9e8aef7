#include "session/training_run.hpp"

#include <limits>

#include "base/counted.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "reporting/progress.hpp"
#include "session/debugger.hpp"
#include "session/held_out.hpp"
#include "session/rank_device.hpp"
#include "session/rollback.hpp"
#include "session/run_trace.hpp"
#include "session/staging.hpp"
#include "session/training_data.hpp"
#include "training/stop_request.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// Rank 0 plans; the others get the plan as text. Collective.
RunPlan agree_on_plan(const TrainArguments& arguments, Communicator& communicator) {
  RunPlan plan;
  agree_on_root(communicator, [&] { plan = plan_run_on_root(arguments, communicator.size()); });
  plan.recipe = broadcast_recipe(communicator, plan.recipe);
  plan.run = RunFolder(broadcast_text(communicator, plan.run.root().string()));
  plan.datasets = broadcast_paths(communicator, plan.datasets);
  return plan;
}

// Makes the run folder and the ranks' logs in it; of a run that goes on, puts away what lies after its start.
// Collective.
void open_run(const RunParts& run, const CheckpointInfo& start) {
  const auto& [arguments, plan, indices, device, store, communicator] = run;
  agree_on_root(communicator, [&] {
    store.remove_leftovers();
    if (arguments.at_step) store.set_aside_after(start.step);
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

}  // namespace

TrainingEnd run_training(const TrainArguments& arguments, Communicator& communicator) {
  const RunPlan plan = agree_on_plan(arguments, communicator);
  const Recipe& recipe = plan.recipe;
  // Nobody knows how long a debugger takes.
  communicator.board()->set_deadline(arguments.held_rank ? std::numeric_limits<double>::infinity()
                                                         : recipe.communication.deadline_seconds);
  if (arguments.held_rank == communicator.rank()) wait_for_debugger(communicator.rank());
  RunTrace trace(arguments.trace, communicator);
  const int threads = start_threads(arguments.from.threads, recipe, communicator);

  const std::vector<fs::path> folders =
      arguments.stage.empty() ? plan.datasets
                              : stage_datasets(recipe, plan.datasets, arguments.stage, communicator);
  const std::vector<DatasetIndex> indices = agree_on_datasets(recipe, folders, communicator);
  communicator.configure(communication_of(recipe, communicator.size()));
  const at::Device device = agree_on_device(recipe, communicator);
  CheckpointStore store(plan.run.checkpoints());
  const RunParts run{.arguments = arguments,
                     .plan = plan,
                     .indices = indices,
                     .device = device,
                     .store = store,
                     .communicator = communicator};
  Trainee trainee = begin_run(run);
  HeldOut held_out = agree_on_held_out(recipe, indices, *trainee.procedure, communicator);

  // Nothing has been written so far: a mistake, or a signal before the first step, leaves no half-made run
  // behind.
  agree(communicator, end_if_stop_requested);
  open_run(run, trainee.start);
  const std::int64_t start = trainee.start.step;
  if (start > 0) spdlog::info("resuming at step {}", start);
  spdlog::info("{}: {} samples, global batch {}, {}, {} a rank; results in {}", recipe.name,
               indices.front().samples, recipe.data.global_batch_size, counted(communicator.size(), "rank"),
               counted(threads, "thread"), short_path(plan.run.root()));
  if (!held_out.figures.empty()) spdlog::info("step {}: {}", start, format_scalars(held_out.figures));

  try {
    const TrainingEnd end = train_with_rollbacks(run, std::move(trainee), std::move(held_out.batches));
    trace.write();
    return end;
  } catch (const AgreedError&) {  // of all ranks: the timeline shows what came before
    trace.write();
    throw;
  }
}

}  // namespace ganymede
