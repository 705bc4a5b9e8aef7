#include "session/training_run.hpp"

#include <algorithm>
#include <limits>

#include "base/counted.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "reporting/metrics_log.hpp"
#include "reporting/progress.hpp"
#include "reporting/sample_writer.hpp"
#include "session/debugger.hpp"
#include "session/held_out.hpp"
#include "session/rank_device.hpp"
#include "session/run_trace.hpp"
#include "session/staging.hpp"
#include "session/training_data.hpp"
#include "session/training_start.hpp"
#include "training/checkpoint_saver.hpp"
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

// What is counted by the second: what the first source holds.
std::string noun_of(const DataSpec& source) {
  switch (source.sample().meaning) {
    case Meaning::pixels:
      return "images";
    case Meaning::numbers:
      return "points";
    case Meaning::tokens:
      return "sequences";
    case Meaning::label:
      return "labels";
  }
  throw Error("unknown meaning");
}

// The listeners of rank 0; none elsewhere. Collective.
Listeners make_listeners(const TrainerSetting& setting, const Procedure& procedure, const Sources& sources,
                         const RunPlan& plan, CheckpointStore& store, Communicator& communicator,
                         bool on_terminal) {
  const TrainingLength length = length_of_training(setting.options, procedure.schedule(), sources);
  Listeners listeners;
  agree_on_root(communicator, [&] {
    listeners.push_back(
        std::make_unique<Progress>(ProgressOptions{.last_step = length.last_step,
                                                   .epochs = length.epochs,
                                                   .samples = noun_of(setting.start.sources.front().spec),
                                                   .on_terminal = on_terminal}));
    listeners.push_back(std::make_unique<MetricsLog>(plan.run.metrics(), setting.start.step));
    listeners.push_back(
        std::make_unique<SampleWriter>(plan.run, procedure.sample_form(), setting.start.step));
    listeners.push_back(std::make_unique<CheckpointSaver>(store, setting.options));
  });
  return listeners;
}

// Throws UserError unless each checkpoint's step has a report with the number that train.keep_best names.
void require_reported_best(const TrainOptions& options, const Schedule& schedule,
                           const std::vector<std::string>& figures) {
  if (!options.keep.best) return;
  const std::string& wanted = options.keep.best->scalar;
  std::vector<std::string> scalars;
  for (const Phase& phase : schedule.phases())
    for (const std::string& name : phase.scalars)
      if (std::find(scalars.begin(), scalars.end(), name) == scalars.end()) scalars.push_back(name);
  std::vector<std::string> known = scalars;
  known.insert(known.end(), figures.begin(), figures.end());
  require(std::find(known.begin(), known.end(), wanted) != known.end(),
          "train.keep_best.scalar is {}, which no report has; expected one of: {}", wanted,
          fmt::join(known, ", "));
  const bool is_scalar = std::find(scalars.begin(), scalars.end(), wanted) != scalars.end();
  const std::int64_t every = is_scalar ? options.report_every : *options.measure_every;
  require(
      options.checkpoint_every % every == 0,
      "train.checkpoint_every is {}, but {}, of which train.keep_best keeps the best, comes every {} steps; "
      "expected a multiple of that",
      options.checkpoint_every, wanted, every);
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
  const int threads = start_threads(arguments.from.threads, communicator);

  const std::vector<fs::path> folders =
      arguments.stage.empty() ? plan.datasets
                              : stage_datasets(recipe, plan.datasets, arguments.stage, communicator);
  const std::vector<DatasetIndex> indices = agree_on_datasets(recipe, folders, communicator);
  communicator.configure(recipe.communication);
  const at::Device device = agree_on_device(recipe, communicator);
  const std::unique_ptr<Procedure> procedure = agree_on_procedure(recipe, indices, device, communicator);
  CheckpointStore store(plan.run.checkpoints());
  const CheckpointInfo start = agree_on_start(arguments, plan, store, indices, *procedure, communicator);
  std::vector<Batch> held_out;
  std::vector<NamedValue> figures_at_start;
  agree_on_root(communicator, [&] {
    std::vector<std::string> changing;
    if (recipe.train.measure_every) {
      held_out = read_held_out(recipe, find_held_out(recipe, specs_of(indices)));
      // What cannot be measured is a mistake before training, and a warning later.
      for (const Figure& figure : procedure->figures(held_out)) {
        figures_at_start.push_back({figure.name, figure.value});
        if (!figure.fixed) changing.push_back(figure.name);
      }
    }
    require_reported_best(recipe.train, procedure->schedule(), changing);
  });
  const Sources sources = agree_on_sources(recipe, indices, *procedure, device, start.step,
                                           arguments.from.cache_mib, communicator);

  // Nothing has been written so far: a mistake, or a signal before the first step, leaves no half-made run
  // behind.
  agree(communicator, end_if_stop_requested);
  open_run(plan, store, start, arguments.at_step.has_value(), communicator);
  if (start.step > 0) spdlog::info("resuming at step {}", start.step);
  spdlog::info("{}: {} samples, global batch {}, {}, {} a rank; results in {}", recipe.name,
               indices.front().samples, recipe.data.global_batch_size, counted(communicator.size(), "rank"),
               counted(threads, "thread"), short_path(plan.run.root()));

  if (!figures_at_start.empty()) spdlog::info("step {}: {}", start.step, format_scalars(figures_at_start));

  const TrainerSetting setting{.options = recipe.train,
                               .start = start,
                               .samples_shown = shown_samples(procedure->sample_form()),
                               .held_out = std::move(held_out)};
  const Listeners listeners =
      make_listeners(setting, *procedure, sources, plan, store, communicator, arguments.on_terminal);
  const TrainingEnd end = train(setting, *procedure, sources, listeners, communicator);
  trace.write();
  return end;
}

}  // namespace ganymede
