#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/picture_options.hpp"
#include "cli/trained_run.hpp"
#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

struct SampleArguments {
  std::string run;
  std::optional<std::int64_t> count;
  std::optional<std::int64_t> label;
  std::string out;
  std::optional<std::int64_t> seed;
};

// The label that was asked for belongs to a conditional recipe and to one of its classes.
void check_label(const SampleArguments& arguments, const Recipe& recipe, std::int64_t classes) {
  if (!arguments.label) return;
  require(recipe.gan.condition == Conditioning::labels,
          "--label {}: {} is not conditional (gan.condition); leave --label out", *arguments.label,
          arguments.run);
  require(*arguments.label < classes, "--label is {}; {} has classes 0 to {}", *arguments.label,
          arguments.run, classes - 1);
}

void write_samples(const SampleArguments& arguments, Communicator& communicator) {
  const auto [recipe, info, gan] = open_trained_run(arguments.run, arguments.seed, communicator);
  check_label(arguments, recipe, info.data.classes());
  SamplePictureOptions picture = picture_options(recipe, info.data);
  if (arguments.label) picture.classes = 0;  // no column a class: all samples are of one
  const std::int64_t count = arguments.count.value_or(picture_sample_count(picture));
  write_sample_picture(arguments.out, gan->sample({.count = count, .label = arguments.label}), picture);
  std::puts(fmt::format("{}: {} samples of step {}", arguments.out, count, info.step).c_str());
}

}  // namespace

void add_sample_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SampleArguments>();
  CLI::App* command = app.add_subcommand("sample", "Draw images from a trained generator");
  command->add_option("run", arguments->run, "Folder of a training run")->required()->type_name("RUN");
  command->add_option("--count", arguments->count, "How many samples [64; 8 a class of a conditional recipe]")
      ->check(CLI::Range(1, 10000));
  command
      ->add_option("--label", arguments->label, "Class of the samples, of a conditional recipe [all in turn]")
      ->check(CLI::NonNegativeNumber);
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
