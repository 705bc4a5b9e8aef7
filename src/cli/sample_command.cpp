#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "cli/picture_options.hpp"
#include "cli/trained_run.hpp"
#include "distributed/lone_communicator.hpp"

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

void write_samples(const SampleArguments& arguments) {
  check_picture_file("--out", arguments.out);
  LoneCommunicator communicator;
  const TrainedRun run = open_trained_run(arguments.run, arguments.seed, communicator);
  check_label(arguments, run.recipe, run.info.data.classes());
  SamplePictureOptions picture = picture_options(run.recipe, run.info.data);
  if (arguments.label) picture.classes = 0;  // no column a class: all samples are of one
  const std::int64_t count = arguments.count.value_or(picture_sample_count(picture));
  std::vector<at::Tensor> images, labels;
  draw_in_pieces(run, {.count = count, .label = arguments.label}, [&](const Samples& drawn) {
    images.push_back(drawn.images);
    if (drawn.labels.defined()) labels.push_back(drawn.labels);
  });
  write_sample_picture(arguments.out,
                       {.images = at::cat(images), .labels = labels.empty() ? at::Tensor() : at::cat(labels)},
                       picture);
  std::puts(fmt::format("{}: {} samples of step {}", arguments.out, count, run.info.step).c_str());
}

}  // namespace

void add_sample_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SampleArguments>();
  CLI::App* command = app.add_subcommand("sample", "Draw images from a trained generator");
  constexpr Range kSamples{.low = 1, .high = 10'000, .expected = "an integer from 1 to 10000"};
  expect_path(command->add_option("run", arguments->run, "Folder of a training run"))
      ->required()
      ->type_name("RUN");
  expect_integer(command->add_option("--count", arguments->count,
                                     "How many samples [64; 8 a class of a conditional recipe]"),
                 kSamples);
  expect_integer(command->add_option("--label", arguments->label,
                                     "Class of the samples, of a conditional recipe [all in turn]"),
                 kFromZero);
  expect_path(command->add_option("--out", arguments->out, "PNG file for the grid"))
      ->required()
      ->type_name("FILE");
  expect_integer(command->add_option("--seed", arguments->seed, "Seed of the noise [the recipe's]"),
                 kFromZero);
  command->footer("Example: ganymede sample runs/dcgan-1 --count 100 --out grid.png");
  command->callback([&action, arguments] {
    action = [arguments](Communicator*) {
      write_samples(*arguments);
      return ExitCode::success;
    };
  });
}

}  // namespace ganymede
