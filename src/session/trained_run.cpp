#include "session/trained_run.hpp"

#include "base/error.hpp"
#include "session/training_setup.hpp"
#include "session/training_start.hpp"
#include "training/run_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kDrawnTogether = 500;

}  // namespace

TrainedRun open_trained_run(const std::string& folder, std::optional<std::int64_t> seed,
                            Communicator& communicator) {
  const RunFolder run(folder);
  require_run(run);
  TrainedRun trained{.recipe = load_recipe(run.recipe()), .info = {}, .procedure = nullptr};
  Recipe seeded = trained.recipe;
  seeded.seed = seed.value_or(seeded.seed);
  CheckpointStore store(run.checkpoints());
  const auto info = store.use_newest([&](const Checkpoint& checkpoint) {
    std::vector<DataSpec> sources;
    for (const TrainedOn& source : checkpoint.info.sources) sources.push_back(source.spec);
    trained.procedure =
        prepare_procedure(seeded.procedure, procedure_setting(seeded, std::move(sources)), communicator)();
    restore_state(checkpoint.state, *trained.procedure, store.path_of(checkpoint.info.step).string());
  });
  require_checkpoint(run, info.has_value());
  trained.info = *info;
  return trained;
}

std::vector<DatasetIndex> read_training_data(const TrainedRun& run) {
  const std::vector<TrainedOn>& before = run.info.sources;
  std::vector<DatasetIndex> indices;
  for (const std::string& path : run.recipe.data.path)
    indices.push_back(read_dataset_index(find_dataset(path, before[indices.size()].folder)));
  require_same_data(before, TrainedOn::of(indices), "bring that one back");
  return indices;
}

void draw_in_pieces(Procedure& procedure, SampleRequest request,
                    const std::function<void(const SampleSet&)>& take) {
  const std::int64_t end = request.first_place + request.count;
  for (; request.first_place < end; request.first_place += request.count) {
    request.count = std::min(kDrawnTogether, end - request.first_place);
    const SampleSet drawn = procedure.sample(request);
    if (drawn.values.defined() && !drawn.values.isfinite().all().item<bool>())
      throw DataError(
          "the generator's samples are not finite: its training has diverged; train it with a lower learning "
          "rate");
    take(drawn);
  }
}

SampleSet draw_samples(Procedure& procedure, const SampleRequest& request) {
  std::vector<at::Tensor> values, labels;
  SampleSet all;
  draw_in_pieces(procedure, request, [&](const SampleSet& drawn) {
    if (drawn.values.defined()) values.push_back(drawn.values);
    if (drawn.labels.defined()) labels.push_back(drawn.labels);
    all.texts.insert(all.texts.end(), drawn.texts.begin(), drawn.texts.end());
  });
  if (!values.empty()) all.values = at::cat(values);
  if (!labels.empty()) all.labels = at::cat(labels);
  return all;
}

}  // namespace ganymede
