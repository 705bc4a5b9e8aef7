#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "cli/picture_options.hpp"
#include "cli/trained_run.hpp"
#include "data/class_names.hpp"
#include "distributed/lone_communicator.hpp"

namespace ganymede {
namespace {

struct SampleArguments {
  std::string run;
  std::optional<std::int64_t> count;
  std::string label;
  std::string out;
  std::optional<std::int64_t> seed;
};

constexpr std::size_t kMostNamesShown = 20;

// The class that was asked for, of a conditional recipe.
std::optional<std::int64_t> label_asked_for(const SampleArguments& arguments, const TrainedRun& run) {
  if (arguments.label.empty()) return std::nullopt;
  require(run.recipe.gan.condition == Conditioning::labels,
          "--label {}: {} is not conditional (gan.condition); leave --label out", arguments.label,
          arguments.run);
  const std::vector<std::string>& names = run.info.data.class_names;
  const auto label = find_class(names, arguments.label);
  require(label.has_value(),
          "--label is {}; {} has the classes {}: expected a name, or a number from 0 to {}", arguments.label,
          arguments.run, list_some(names, kMostNamesShown), names.size() - 1);
  return label;
}

void write_samples(const SampleArguments& arguments) {
  check_picture_file("--out", arguments.out);
  LoneCommunicator communicator;
  const TrainedRun run = open_trained_run(arguments.run, arguments.seed, communicator);
  const auto label = label_asked_for(arguments, run);
  SamplePictureOptions picture = picture_options(run.recipe, run.info.data);
  if (label) picture.classes = 0;  // no column a class: all samples are of one
  const std::int64_t count = arguments.count.value_or(picture_sample_count(picture));
  std::vector<at::Tensor> images, labels;
  draw_in_pieces(run, {.count = count, .label = label}, [&](const Samples& drawn) {
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
  command
      ->add_option("--label", arguments->label,
                   "Class of the samples, of a conditional recipe: its name or number [all in turn]")
      ->type_name("CLASS");
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
