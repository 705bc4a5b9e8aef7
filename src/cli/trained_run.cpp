#include "cli/trained_run.hpp"

#include "base/error.hpp"
#include "gans/adversarial_gan.hpp"
#include "training/run_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kDrawnTogether = 500;

bool is_finite(const at::Tensor& tensor) {
  return !tensor.is_floating_point() || tensor.isfinite().all().item<bool>();
}

// Weights that training has driven out of the range of numbers may still give pictures, black or white ones.
void require_finite(const std::vector<Player>& players, const std::filesystem::path& checkpoint) {
  for (const Player& player : players) {
    std::vector<at::Tensor> tensors = player.network->buffers();
    tensors.push_back(player.arena.values());
    if (player.average.defined()) tensors.push_back(player.average);
    for (const at::Tensor& tensor : tensors)
      if (!is_finite(tensor))
        throw DataError(
            fmt::format("{}: the weights of the {} are not finite: its training has diverged; train it with "
                        "a lower learning rate",
                        checkpoint.string(), player.name));
  }
}

}  // namespace

TrainedRun open_trained_run(const std::string& folder, std::optional<std::int64_t> seed,
                            Communicator& communicator) {
  const RunFolder run(folder);
  if (!std::filesystem::exists(run.recipe()))
    throw UserError(
        fmt::format("{}: no run here (it has no recipe.yaml); expected the folder of a training run",
                    run.root().string()));
  TrainedRun trained{.recipe = load_recipe(run.recipe()), .info = {}, .gan = nullptr};
  const auto checkpoint = find_latest_checkpoint(run.checkpoints());
  if (!checkpoint)
    throw UserError(fmt::format("{}: no checkpoint yet; train at least until train.checkpoint_every",
                                run.root().string()));
  trained.info = read_checkpoint_info(*checkpoint);
  trained.gan = make_adversarial_gan(
      trained.recipe.gan,
      {.seed = static_cast<std::uint64_t>(seed.value_or(trained.recipe.seed)),
       .shape = trained.info.shape,
       .classes = trained.info.classes,
       .dtype = trained.recipe.precision == Precision::float64 ? at::kDouble : at::kFloat,
       .replicas = trained.recipe.replicas()},
      communicator);
  load_checkpoint(*checkpoint, trained.gan->players());
  require_finite(trained.gan->players(), *checkpoint);
  return trained;
}

void draw_in_pieces(const TrainedRun& run, SampleRequest request,
                    const std::function<void(const Samples&)>& take) {
  const std::int64_t end = request.first_place + request.count;
  for (; request.first_place < end; request.first_place += request.count) {
    request.count = std::min(kDrawnTogether, end - request.first_place);
    const Samples drawn = run.gan->sample(request);
    if (!is_finite(drawn.images))
      throw DataError(
          fmt::format("step {}: the generator's samples are not finite: its training has diverged; train it "
                      "with a lower learning rate",
                      run.info.step));
    take(drawn);
  }
}

}  // namespace ganymede
