#include "cli/trained_run.hpp"

#include "base/error.hpp"
#include "cli/resume.hpp"
#include "gans/adversarial_gan.hpp"
#include "training/run_folder.hpp"

namespace ganymede {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kDrawnTogether = 500;

}  // namespace

TrainedRun open_trained_run(const std::string& folder, std::optional<std::int64_t> seed,
                            Communicator& communicator) {
  const RunFolder run(folder);
  if (!fs::exists(run.recipe()))
    throw UserError(
        fmt::format("{}: no run here (it has no recipe.yaml); expected the folder of a training run",
                    run.root().string()));
  TrainedRun trained{.recipe = load_recipe(run.recipe()), .info = {}, .gan = nullptr};
  CheckpointStore store(run.checkpoints());
  const auto info = store.use_newest([&](const Checkpoint& checkpoint) {
    const TrainedOn& data = checkpoint.info.data;
    trained.gan = make_adversarial_gan(
        trained.recipe.gan,
        {.seed = static_cast<std::uint64_t>(seed.value_or(trained.recipe.seed)),
         .shape = data.shape,
         .classes = data.classes(),
         .dtype = trained.recipe.precision == Precision::float64 ? at::kDouble : at::kFloat,
         .replicas = trained.recipe.replicas()},
        communicator);
    restore_state(checkpoint.state, trained.gan->players(), store.path_of(checkpoint.info.step).string());
  });
  if (!info)
    throw UserError(fmt::format("{}: no checkpoint yet; train at least until train.checkpoint_every",
                                run.root().string()));
  trained.info = *info;
  return trained;
}

DatasetIndex read_training_data(const TrainedRun& run) {
  const TrainedOn& before = run.info.data;
  DatasetIndex index = read_dataset_index(find_dataset(run.recipe.data.path, before.folder));
  require_same_data(before, TrainedOn::of(index), "bring that one back");
  return index;
}

void draw_in_pieces(const TrainedRun& run, SampleRequest request,
                    const std::function<void(const Samples&)>& take) {
  const std::int64_t end = request.first_place + request.count;
  for (; request.first_place < end; request.first_place += request.count) {
    request.count = std::min(kDrawnTogether, end - request.first_place);
    const Samples drawn = run.gan->sample(request);
    if (!drawn.images.isfinite().all().item<bool>())
      throw DataError(
          fmt::format("step {}: the generator's samples are not finite: its training has diverged; train it "
                      "with a lower learning rate",
                      run.info.step));
    take(drawn);
  }
}

}  // namespace ganymede
