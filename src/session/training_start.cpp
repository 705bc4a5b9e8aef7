#include "session/training_start.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
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

std::optional<CheckpointInfo> restore_newest_on_root(CheckpointStore& store, Procedure& procedure,
                                                     std::optional<std::int64_t> at_step = {}) {
  return store.use_newest(
      [&](const Checkpoint& checkpoint) {
        restore_state(checkpoint.state, procedure, store.path_of(checkpoint.info.step).string());
      },
      at_step);
}

CheckpointInfo find_start_on_root(const TrainArguments& arguments, const RunPlan& plan,
                                  CheckpointStore& store, CheckpointInfo start, Procedure& procedure) {
  if (!plan.continues) return start;
  const auto found = restore_newest_on_root(store, procedure, arguments.at_step);
  if (!found) {
    require_never_saved(plan.run);
    return start;
  }
  if (!is_covered("data.path", arguments.allow_change))
    require_same_data(found->sources, start.sources,
                      "bring that one back, or accept the change with --allow-change data.path");
  start.step = found->step;
  start.seconds = found->seconds;
  start.attempt = found->attempt;
  return start;
}

CheckpointInfo first_start(const RunPlan& plan, const std::vector<DatasetIndex>& indices) {
  CheckpointInfo start{.sources = TrainedOn::of(indices)};
  for (std::size_t source = 0; source < indices.size(); ++source)  // not where hosts keep a part of it
    start.sources[source].folder = plan.datasets[source];
  return start;
}

// All ranks stand where rank 0 does, with its state. Collective.
void join_root(CheckpointInfo& start, Procedure& procedure, Communicator& communicator) {
  struct Position {
    std::int64_t step;
    double seconds;
    Attempt attempt;
  };
  const Position root =
      gather_values(communicator, Position{start.step, start.seconds, start.attempt}).front();
  start.step = root.step;
  start.seconds = root.seconds;
  start.attempt = root.attempt;
  procedure.begin_attempt(start.attempt);
  broadcast_state(communicator, procedure);
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
  CheckpointInfo start = first_start(plan, indices);
  agree_on_root(communicator, [&] { start = find_start_on_root(arguments, plan, store, start, procedure); });
  join_root(start, procedure, communicator);
  return start;
}

CheckpointInfo agree_on_rollback(const Rollback& rollback, const RunPlan& plan, CheckpointStore& store,
                                 const std::vector<DatasetIndex>& indices, Procedure& procedure,
                                 Communicator& communicator) {
  CheckpointInfo start = first_start(plan, indices);
  start.seconds = rollback.seconds;
  start.attempt = rollback.attempt;
  agree_on_root(communicator, [&] {
    if (const auto found = restore_newest_on_root(store, procedure)) start.step = found->step;
  });
  join_root(start, procedure, communicator);
  return start;
}

}  // namespace ganymede
