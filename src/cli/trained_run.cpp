#include "cli/trained_run.hpp"

#include "base/error.hpp"
#include "gans/adversarial_gan.hpp"
#include "training/run_folder.hpp"

namespace ganymede {

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
  return trained;
}

}  // namespace ganymede
