#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "distributed/loopback_communicator.hpp"
#include "recipe/recipe.hpp"
#include "training/checkpoint.hpp"
#include "training/run_folder.hpp"
#include "training/sample_grid.hpp"

namespace ganymede {
namespace {

struct SampleArguments {
  std::string run;
  std::int64_t count = 64;
  std::string out;
  std::optional<std::int64_t> seed;
};

void write_samples(const SampleArguments& arguments, Communicator& communicator) {
  const RunFolder run(arguments.run);
  if (!std::filesystem::exists(run.recipe()))
    throw UserError(
        fmt::format("{}: no run here (it has no recipe.yaml); expected the folder of a training run",
                    run.root().string()));
  const Recipe recipe = load_recipe(run.recipe());
  const auto checkpoint = find_latest_checkpoint(run.checkpoints());
  if (!checkpoint)
    throw UserError(fmt::format("{}: no checkpoint yet; train at least until train.checkpoint_every",
                                run.root().string()));
  const CheckpointInfo info = read_checkpoint_info(*checkpoint);
  const auto gan =
      make_adversarial_gan(recipe.gan,
                           {.seed = static_cast<std::uint64_t>(arguments.seed.value_or(recipe.seed)),
                            .shape = info.shape,
                            .classes = info.classes,
                            .dtype = recipe.precision == Precision::float64 ? at::kDouble : at::kFloat},
                           communicator);
  load_checkpoint(*checkpoint, gan->players());
  write_sample_grid(arguments.out, gan->sample({.count = arguments.count}).images, recipe.data.pixels[0],
                    recipe.data.pixels[1]);
  std::puts(fmt::format("{}: {} samples of step {}", arguments.out, arguments.count, info.step).c_str());
}

}  // namespace

void add_sample_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SampleArguments>();
  CLI::App* command = app.add_subcommand("sample", "Draw images from a trained generator");
  command->add_option("run", arguments->run, "Folder of a training run")->required()->type_name("RUN");
  command->add_option("--count", arguments->count, "How many images")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--out", arguments->out, "PNG file for the grid")->required()->type_name("FILE");
  command->add_option("--seed", arguments->seed, "Seed of the noise [the recipe's]")
      ->check(CLI::NonNegativeNumber);
  command->footer("Example: ganymede sample runs/dcgan-1 --count 100 --out grid.png");
  command->callback([&action, arguments] {
    action = [arguments](Communicator*) {
      run_loopback_ranks(1, [&](Communicator& communicator) { write_samples(*arguments, communicator); });
      return ExitCode::success;
    };
  });
}

}  // namespace ganymede
