#include <algorithm>
#include <cstdio>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/printable.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "data/loading/pixel_table.hpp"
#include "distributed/lone_communicator.hpp"
#include "evaluation/caption_agreement.hpp"
#include "evaluation/evaluation.hpp"
#include "evaluation/text_figures.hpp"
#include "session/caption_pictures.hpp"
#include "session/held_out.hpp"
#include "session/trained_run.hpp"
#include "session/training_data.hpp"
#include "session/training_setup.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

struct EvaluateArguments {
  std::string run;
  std::int64_t count = 2500;
  std::optional<std::int64_t> seed;
  std::string json;
};

constexpr std::int64_t kMostCaptions = 1000;  // held-out ones, of which images are drawn
constexpr std::int64_t kMostTexts = 10'000;

// What was measured of a run; each where it fits.
struct RunFigures {
  std::optional<Evaluation> samples = {};  // of images and points
  Figures others = {};
};

// In the form of the dataset: pictures as bytes, as a picture of them shows them.
GeneratedSamples as_stored(const SampleSet& drawn, const SampleForm& form) {
  return {.samples = form.kind == SampleForm::Kind::pictures
                         ? to_pixels(drawn.values, form.pixels[0], form.pixels[1])
                         : drawn.values,
          .labels = drawn.labels};
}

Evaluation measure_samples(const TrainedRun& run, const DatasetIndex& index, std::int64_t count) {
  SampleEvaluation evaluation(index);
  draw_in_pieces(*run.procedure, {.count = count}, [&](const SampleSet& drawn) {
    evaluation.add(as_stored(drawn, run.procedure->sample_form()));
  });
  return evaluation.result();
}

// Each is compared with all the others.
Figures measure_drawn_texts(const TrainedRun& run, const DatasetIndex& known, bool held_out,
                            std::int64_t count) {
  if (count > kMostTexts)
    spdlog::warn("texts are compared with one another: {} are drawn, not {}", kMostTexts, count);
  count = std::min(count, kMostTexts);
  return measure_texts(draw_samples(*run.procedure, {.count = count}).values,
                       read_real_samples(known, count).samples.to(at::kLong),
                       held_out ? "held-out sequences" : "sequences that it was trained on");
}

Json as_json(const RunFigures& figures, const TrainedRun& run) {
  Json json{{"recipe", run.recipe.name},
            {"seed", run.recipe.seed},
            {"step", run.info.step},
            {"dataset", run.recipe.data.names()}};
  for (const Figure& figure : figures.others) json[figure.name] = figure.value;
  if (!figures.samples) return json;
  const Evaluation& evaluation = *figures.samples;
  json["samples"] = evaluation.samples;
  json["real_samples"] = evaluation.real_samples;
  json["moments_distance"] = evaluation.moments_distance;
  if (const auto& coverage = evaluation.coverage)
    json["modes"] = {{"all", coverage->modes},
                     {"covered", coverage->covered},
                     {"high_quality_share", coverage->high_quality_share},
                     {"reverse_kl", coverage->reverse_kl}};
  if (const auto& classifier = evaluation.classifier)
    json["classifier"] = {{"held_out_accuracy", classifier->held_out_accuracy},
                          {"checksum", fmt::format("{:08x}", classifier->checksum)},
                          {"frechet_distance", classifier->frechet_distance},
                          {"reverse_kl", classifier->reverse_kl}};
  if (evaluation.label_agreement) json["label_agreement"] = *evaluation.label_agreement;
  return json;
}

void print_line(const std::string& name, const std::string& value, const std::string& meaning) {
  std::puts(fmt::format("  {:<26}{:<12}{}", name, value, meaning).c_str());
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * printable(share));
}

void print(const Evaluation& evaluation, const TrainedRun& run) {
  print_line("moments distance", fmt::format("{:.4g}", printable(evaluation.moments_distance)),
             run.procedure->sample_form().kind == SampleForm::Kind::pictures
                 ? "means and deviations of the pixels, white is 255"
                 : "means and deviations of the coordinates");
  if (const auto& coverage = evaluation.coverage) {
    print_line("modes covered", fmt::format("{} of {}", coverage->covered, coverage->modes),
               "by at least one sample of high quality");
    print_line("high quality", percent(coverage->high_quality_share),
               "of the samples lie within 3 deviations of a mode");
    print_line("reverse KL", fmt::format("{:.3f}", printable(coverage->reverse_kl)),
               "nats, of the modes of the samples from equal shares");
  }
  if (const auto& classifier = evaluation.classifier) {
    print_line("Frechet distance", fmt::format("{:.4g}", printable(classifier->frechet_distance)),
               fmt::format("in 64 features of a classifier: {} right on held-out images, weights {:08x}",
                           percent(classifier->held_out_accuracy), classifier->checksum));
    print_line("reverse KL", fmt::format("{:.3f}", printable(classifier->reverse_kl)),
               "nats, of the classes of the samples from those of the dataset");
  }
  if (evaluation.label_agreement)
    print_line("label agreement", percent(*evaluation.label_agreement),
               "of the samples are of the class asked for");
}

void print(const RunFigures& figures, const TrainedRun& run) {
  const auto& samples = figures.samples;
  std::puts(fmt::format("{}, step {}: {} {}", run.recipe.name, run.info.step,
                        samples
                            ? fmt::format("{} samples against {} of", samples->samples, samples->real_samples)
                            : "trained on",
                        run.recipe.data.names())
                .c_str());
  if (samples) print(*samples, run);
  for (const Figure& figure : figures.others) {
    std::string name = figure.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    print_line(name, fmt::format("{:.4f}", printable(figure.value)), figure.meaning);
  }
}

RunFigures measure_run(const TrainedRun& run, std::int64_t count) {
  const std::vector<DatasetIndex> indices = read_training_data(run);
  const std::vector<DatasetIndex> held_out = find_held_out(run.recipe, specs_of(indices));
  RunFigures figures{.others = run.procedure->figures(read_held_out(run.recipe, held_out))};
  const SampleForm& form = run.procedure->sample_form();
  if (form.kind == SampleForm::Kind::texts) {
    append(figures.others, measure_drawn_texts(run, held_out.empty() ? indices.front() : held_out.front(),
                                               !held_out.empty(), count));
  } else if (!form.takes(SampleInput::image)) {
    figures.samples = measure_samples(run, indices.front(), count);
  }
  if (form.takes(SampleInput::text) && form.kind == SampleForm::Kind::pictures && !held_out.empty()) {
    const at::Tensor pictures = draw_of_captions(*run.procedure, held_out.front(), kMostCaptions);
    append(figures.others, measure_caption_agreement(pictures, indices.front(), held_out.front()));
  }
  return figures;
}

void evaluate_run(const EvaluateArguments& arguments) {
  if (!arguments.json.empty()) check_output_file("--json", arguments.json);
  LoneCommunicator communicator;
  const TrainedRun run = open_trained_run(arguments.run, arguments.seed, communicator);
  const RunFigures figures = measure_run(run, arguments.count);
  print(figures, run);
  if (!arguments.json.empty()) write_json_atomically(arguments.json, as_json(figures, run));
}

}  // namespace

void add_evaluate_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure the samples of a trained generator");
  constexpr Range kSamples{.low = 2, .high = 1e6, .expected = "an integer from 2 to 1000000"};
  expect_path(command->add_option("run", arguments->run, "Folder of a training run"))
      ->required()
      ->type_name("RUN");
  expect_integer(command->add_option("--samples", arguments->count, "How many to draw"), kSamples)
      ->capture_default_str();
  expect_integer(command->add_option("--seed", arguments->seed, "Seed of the noise [the recipe's]"),
                 kFromZero);
  add_json_option(*command, arguments->json);
  command->footer(
      "Compares with the dataset of the recipe, and with its held-out data where it names some. For images "
      "with labels it first trains a small classifier "
      "on\n"
      "them, in less than a minute; a Frechet distance compares only with others of the same classifier.\n"
      "Example: ganymede evaluate runs/cgan-1 --json cgan.json");
  command->callback([&action, arguments] {
    action = [arguments](Communicator*) {
      evaluate_run(*arguments);
      return ExitCode::success;
    };
  });
}

}  // namespace ganymede
