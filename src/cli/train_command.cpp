#include <sched.h>
#include <unistd.h>

#include <ATen/Parallel.h>

#include <filesystem>

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "cli/cache_option.hpp"
#include "cli/command.hpp"
#include "cli/picture_options.hpp"
#include "cli/run_plan.hpp"
#include "cli/terminal.hpp"
#include "data/batch_loader.hpp"
#include "data/dataset_verification.hpp"
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
  plan.recipe = parse_recipe(broadcast_text(communicator, to_yaml(plan.recipe)), "recipe of rank 0");
  plan.run = RunFolder(broadcast_text(communicator, plan.run.root().string()));
  plan.dataset = broadcast_text(communicator, plan.dataset.string());
  return plan;
}

// Compute threads of this rank: as asked, else the cores that it may use, shared with the host's other ranks
// unless mpirun has bound each rank to cores of its own.
int choose_threads(int asked, const Communicator& communicator) {
  if (asked > 0) return asked;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  const int cores = CPU_COUNT(&allowed);
  const bool bound = cores < sysconf(_SC_NPROCESSORS_ONLN);
  return std::max(1, bound ? cores : cores / communicator.node_size());
}

// Reads the index on every rank and verifies the checksums, each rank its share of the shards. Collective.
DatasetIndex agree_on_dataset(const fs::path& folder, Communicator& communicator) {
  DatasetIndex index;
  agree(communicator, [&] { index = read_dataset_index(folder); });
  agree(communicator, [&] {
    for (std::size_t shard = communicator.rank(); shard < index.shards.size(); shard += communicator.size())
      verify_shard(index, shard);
  });
  return index;
}

// Where training starts: at the newest checkpoint that rank 0 finds, else at step 0 with the initial weights.
// Afterwards all ranks hold the same state. Collective.
CheckpointInfo agree_on_start(const RunPlan& plan, const DatasetIndex& index, Gan& gan,
                              Communicator& communicator) {
  CheckpointInfo start{.step = 0,
                       .samples = index.samples,
                       .shape = index.shape,
                       .classes = static_cast<std::int64_t>(index.class_names.size()),
                       .kind = index.kind};
  agree_on_root(communicator, [&] {
    const auto checkpoint = find_latest_checkpoint(plan.run.checkpoints());
    if (!checkpoint) return;
    start = read_checkpoint_info(*checkpoint);
    if (start.samples != index.samples)
      throw DataError(
          fmt::format("{}: it was made with a dataset of {} samples, {} has {}: the data order would "
                      "differ; train on the same dataset",
                      checkpoint->string(), start.samples, index.folder.string(), index.samples));
    load_checkpoint(*checkpoint, gan.players());
  });
  const at::Tensor step = at::full({1}, start.step, at::kLong);
  communicator.broadcast_(step);
  start.step = step.item<std::int64_t>();
  broadcast_state(communicator, gan.players());
  return start;
}

// Makes the run folder and the ranks' logs in it. Collective.
void open_run(const RunPlan& plan, Communicator& communicator) {
  agree_on_root(communicator, [&] { open_run_folder_on_root(plan.run, to_yaml(plan.recipe)); });
  agree(communicator, [&] {
    const fs::path log = plan.run.log_of(communicator.rank());
    fs::create_directories(log.parent_path());  // on another host without a shared disk
    add_log_file(log);
  });
}

std::string counted(int count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Relative to the working directory where that is shorter to read.
std::string short_path(const fs::path& path) {
  const std::string relative = fs::proximate(path).string();
  return relative.starts_with("..") ? path.string() : relative;
}

ExitCode run_training(const TrainArguments& arguments, Communicator& communicator) {
  const RunPlan plan = agree_on_plan(arguments, communicator);
  const Recipe& recipe = plan.recipe;
  catch_stop_signals();
  const int threads = choose_threads(arguments.threads, communicator);
  at::set_num_threads(threads);

  const DatasetIndex index = agree_on_dataset(plan.dataset, communicator);
  const at::ScalarType dtype = recipe.precision == Precision::float64 ? at::kDouble : at::kFloat;
  const auto seed = static_cast<std::uint64_t>(recipe.seed);
  communicator.configure(recipe.communication);
  std::unique_ptr<Gan> gan;
  agree(communicator, [&] {
    gan = make_adversarial_gan(recipe.gan,
                               {.seed = seed,
                                .shape = index.shape,
                                .classes = static_cast<std::int64_t>(index.class_names.size()),
                                .dtype = dtype,
                                .replicas = recipe.replicas()},
                               communicator);
  });
  const CheckpointInfo start = agree_on_start(plan, index, *gan, communicator);

  const BatchLoaderOptions loader_options{.seed = seed,
                                          .global_batch_size = recipe.data.global_batch_size,
                                          .places_together = recipe.gan.packing,
                                          .pixel_low = recipe.data.pixels[0],
                                          .pixel_high = recipe.data.pixels[1],
                                          .horizontal_flip = recipe.data.horizontal_flip,
                                          .dtype = dtype,
                                          .first_step = start.step * gan->batches_per_step()};
  auto cache = cache_samples(index, arguments.cache_mib << 20, communicator.node());
  std::optional<BatchLoader> loader;
  agree(communicator, [&] {
    loader.emplace(index, loader_options, communicator.rank(), communicator.size(), std::move(cache));
  });

  // Nothing has been written so far: a mistake leaves no half-made run behind.
  open_run(plan, communicator);
  if (start.step > 0) spdlog::info("resuming at step {}", start.step);
  spdlog::info("{}: {} samples, global batch {}, {}, {} a rank; results in {}", recipe.name, index.samples,
               recipe.data.global_batch_size, counted(communicator.size(), "rank"),
               counted(threads, "thread"), short_path(plan.run.root()));

  const TrainingEnd end = train({.options = recipe.train,
                                 .start = start,
                                 .steps_per_epoch = loader->steps_per_epoch() / gan->batches_per_step(),
                                 .picture = picture_options(recipe, start.classes, index.kind),
                                 .on_terminal = stdout_reaches_terminal()},
                                *gan, *loader, plan.run, communicator);
  return end == TrainingEnd::finished ? ExitCode::success : ExitCode::stopped_on_request;
}

}  // namespace

void add_train_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* command = app.add_subcommand("train", "Train a recipe; under mpirun, on all its ranks");
  command->add_option("recipe", arguments->recipe, "Recipe file or name");
  command->add_option("--set", arguments->overrides, "Override a key of the recipe: --set train.steps=100")
      ->take_all()
      ->type_name("KEY=VALUE");
  command->add_option("--run", arguments->run, "Folder for the results [runs/<recipe>-<n>]")
      ->type_name("DIR");
  command->add_flag("--resume", arguments->resume,
                    "Go on from the newest checkpoint in --run; start there if there is none");
  add_cache_option(*command, arguments->cache_mib);
  command->add_option("--threads", arguments->threads, "Compute threads a rank [the host's cores, shared]")
      ->check(CLI::Range(1, 1024));
  command->footer("Example: mpirun -n 2 ganymede train dcgan/quick --set seed=7 --run runs/first");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_training(*arguments, *communicator); };
  });
}

}  // namespace ganymede
