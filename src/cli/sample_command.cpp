#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "cli/picture_translation.hpp"
#include "data/format/class_names.hpp"
#include "distributed/lone_communicator.hpp"
#include "reporting/sample_writer.hpp"
#include "session/trained_run.hpp"

namespace ganymede {
namespace {

struct SampleArguments {
  std::string run;
  std::optional<std::int64_t> count;
  std::string label, text;
  std::string out;
  std::optional<std::int64_t> seed;
  std::string input, direction;
};

constexpr std::size_t kMostNamesShown = 20;

// The class that was asked for, of a procedure whose samples have classes.
ClassLabel label_asked_for(const SampleArguments& arguments, const TrainedRun& run) {
  require(run.procedure->sample_form().takes(SampleInput::label),
          "--label {}: {} is not conditional; leave --label out", arguments.label, arguments.run);
  const std::vector<std::string>& names = run.info.sources.front().spec.class_names();
  const auto label = find_class(names, arguments.label);
  require(label.has_value(),
          "--label is {}; {} has the classes {}: expected a name, or a number from 0 to {}", arguments.label,
          arguments.run, list_some(names, kMostNamesShown), names.size() - 1);
  return {*label};
}

// A folder of pictures instead of samples.
void translate_folder(const SampleArguments& arguments) {
  require(!arguments.count && arguments.label.empty() && arguments.text.empty() && !arguments.seed,
          "--input says what is translated; leave --count, --label, --text and --seed out");
  LoneCommunicator communicator;
  const TrainedRun run = open_trained_run(arguments.run, {}, communicator);
  const TranslationArguments translation{
      .input = arguments.input, .direction = arguments.direction, .out = arguments.out};
  check_direction(translation, run);
  const std::size_t count = translate_pictures(translation, run);
  std::puts(fmt::format("{}: {} pictures translated {} by step {}", arguments.out, count, arguments.direction,
                        run.info.step)
                .c_str());
}

// The text that was asked for, of a procedure whose samples are of texts.
std::string text_asked_for(const SampleArguments& arguments, const TrainedRun& run) {
  require(run.procedure->sample_form().takes(SampleInput::text),
          "--text '{}': {} makes nothing of texts; leave --text out, or train with gan.condition: text",
          arguments.text, arguments.run);
  return arguments.text;
}

void sample_run(const SampleArguments& arguments) {
  if (!arguments.input.empty()) return translate_folder(arguments);
  require(arguments.direction.empty(), "--direction says how --input is translated; give both");
  LoneCommunicator communicator;
  check_output_file("--out", arguments.out);
  const TrainedRun run = open_trained_run(arguments.run, arguments.seed, communicator);
  const SampleForm& form = run.procedure->sample_form();
  check_extension("--out", arguments.out, sample_extension(form));
  SampleRequest request{.count = arguments.count.value_or(shown_samples(form))};
  if (!arguments.label.empty()) request.of = label_asked_for(arguments, run);
  if (!arguments.text.empty()) request.of = text_asked_for(arguments, run);
  SampleFile out(arguments.out, form, request.count, /*of_one=*/request.of.index() > 0);
  draw_in_pieces(*run.procedure, request, [&](const SampleSet& drawn) { out.append(drawn); });
  out.publish();
  std::puts(fmt::format("{}: {} samples of step {}", arguments.out, request.count, run.info.step).c_str());
}

}  // namespace

void add_sample_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SampleArguments>();
  CLI::App* command = app.add_subcommand("sample", "Draw images, points or texts from a trained generator");
  constexpr Range kSamples{.low = 1, .high = 10'000, .expected = "an integer from 1 to 10000"};
  expect_path(command->add_option("run", arguments->run, "Folder of a training run"))
      ->required()
      ->type_name("RUN");
  expect_integer(
      command->add_option("--count", arguments->count,
                          "How many samples [64; 8 a class of a conditional recipe; 2000 points; 32 texts]"),
      kSamples);
  CLI::Option* label =
      command
          ->add_option("--label", arguments->label,
                       "Class of the samples, of a conditional recipe: its name or number [all in turn]")
          ->type_name("CLASS");
  command
      ->add_option(
          "--text", arguments->text,
          "What the samples show, of a recipe conditioned by text [captions of the first batch, a row "
          "each]")
      ->excludes(label)
      ->type_name("TEXT");
  expect_path(
      command->add_option("--out", arguments->out,
                          "File for them: a PNG with all images or points, or a text with a line each"))
      ->required()
      ->type_name("FILE");
  expect_integer(command->add_option("--seed", arguments->seed, "Seed of the noise [the recipe's]"),
                 kFromZero);
  expect_path(command->add_option("--input", arguments->input,
                                  "Folder of PNG and JPEG pictures to translate, of a recipe with `cycle`: "
                                  "--out is then a new folder for theirs, under the same names"))
      ->type_name("DIR");
  command->add_option("--direction", arguments->direction, "How to translate them: a-to-b or b-to-a")
      ->type_name("WHICH");
  command->footer(
      "Example: ganymede sample runs/dcgan-1 --count 100 --out grid.png\n"
      "         ganymede sample runs/text-to-image-1 --text \"red heart\" --count 16 --out hearts.png\n"
      "         ganymede sample runs/cyclegan-1 --input drawings --direction a-to-b --out coloured");
  command->callback([&action, arguments] {
    action = [arguments](Communicator*) {
      sample_run(*arguments);
      return ExitCode::success;
    };
  });
}

}  // namespace ganymede
