#include "session/training_start.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "recipe/recipe_difference.hpp"
#include "recipe/recipe_library.hpp"
#include "storage/json_lines.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

std::int64_t last_logged_step(const RunFolder& run) {
  std::int64_t last = 0;
  if (fs::exists(run.metrics()))
    for (const Json& line : read_json_lines(run.metrics()))
      last = std::max(last, line.value("step", std::int64_t{0}));
  return last;
}

// A run without checkpoints that must have had one has lost it; one that ended before its first begins again.
void require_never_saved(const RunFolder& run) {
  const std::int64_t saved_every = load_recipe(run.recipe()).train.checkpoint_every;
  const std::int64_t logged = last_logged_step(run);
  const auto lost = [&](const std::string& what) {
    throw DataError(
        fmt::format("{}: {}: its checkpoints were lost; put them back, or start again in another folder "
                    "with --run",
                    run.checkpoints().string(), what));
  };
  if (logged > 0 && !fs::exists(run.checkpoints())) lost("there is no such folder");
  if (logged > 2 * saved_every)  // the first may have been in the making until the second was due
    lost(fmt::format("it is empty, but {} reaches step {} and a checkpoint was due every {} steps",
                     run.metrics().filename().string(), logged, saved_every));
  if (logged > 0)
    spdlog::warn("{}: the run ended before its first checkpoint; it starts again at step 0",
                 run.root().string());
}

void require_same_source(const TrainedOn& before, const TrainedOn& now, const std::string& advice) {
  const auto refuse = [&](const std::string& what) {
    throw DataError(fmt::format("{}: this is not the dataset that the run was trained on ({}): {}; {}",
                                now.folder.string(), before.folder.string(), what, advice));
  };
  if (before.samples != now.samples)
    refuse(fmt::format("it has {} samples, not {}", now.samples, before.samples));
  if (before.spec.class_names() != now.spec.class_names()) refuse("its classes are others");
  if (before.spec != now.spec) refuse("its fields are others");
  if (before.shard_crc32 != now.shard_crc32) refuse("the checksums of its shards are others");
}

CheckpointInfo find_start_on_root(const TrainArguments& arguments, const RunPlan& plan,
                                  CheckpointStore& store, CheckpointInfo start, Procedure& procedure) {
  if (!plan.continues) return start;
  const auto found = store.use_newest(
      [&](const Checkpoint& checkpoint) {
        restore_state(checkpoint.state, procedure, store.path_of(checkpoint.info.step).string());
      },
      arguments.at_step);
  if (!found) {
    require_never_saved(plan.run);
    return start;
  }
  if (!is_covered("data.path", arguments.allow_change))
    require_same_data(found->sources, start.sources,
                      "bring that one back, or accept the change with --allow-change data.path");
  start.step = found->step;
  start.seconds = found->seconds;
  return start;
}

}  // namespace

void require_same_data(const std::vector<TrainedOn>& before, const std::vector<TrainedOn>& now,
                       const std::string& advice) {
  for (std::size_t source = 0; source < now.size(); ++source) {
    ensure(before.size() == now.size(), "a recipe has as many sources as before");
    require_same_source(before[source], now[source], advice);
  }
}

CheckpointInfo agree_on_start(const TrainArguments& arguments, const RunPlan& plan, CheckpointStore& store,
                              const std::vector<DatasetIndex>& indices, Procedure& procedure,
                              Communicator& communicator) {
  CheckpointInfo start{.sources = TrainedOn::of(indices)};
  for (std::size_t source = 0; source < indices.size(); ++source)  // not where hosts keep a part of it
    start.sources[source].folder = plan.datasets[source];
  agree_on_root(communicator, [&] { start = find_start_on_root(arguments, plan, store, start, procedure); });
  const at::Tensor position = at::tensor({static_cast<double>(start.step), start.seconds}, at::kDouble);
  communicator.broadcast_(position);
  start.step = static_cast<std::int64_t>(position[0].item<double>());
  start.seconds = position[1].item<double>();
  broadcast_state(communicator, procedure);
  return start;
}

}  // namespace ganymede
