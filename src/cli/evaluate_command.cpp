#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "data/loading/pixel_table.hpp"
#include "distributed/lone_communicator.hpp"
#include "evaluation/evaluation.hpp"
#include "session/trained_run.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

struct EvaluateArguments {
  std::string run;
  std::int64_t count = 2500;
  std::optional<std::int64_t> seed;
  std::string json;
};

// In the form of the dataset: pictures as bytes, as a picture of them shows them.
GeneratedSamples draw_generated(const TrainedRun& run, std::int64_t count) {
  const SampleForm& form = run.procedure->sample_form();
  require(form.kind != SampleForm::Kind::texts,
          "{}: its samples are texts; evaluate measures images and points", run.recipe.name);
  std::vector<at::Tensor> samples, labels;
  draw_in_pieces(*run.procedure, {.count = count}, [&](const SampleSet& drawn) {
    samples.push_back(form.kind == SampleForm::Kind::pictures
                          ? to_pixels(drawn.values, form.pixels[0], form.pixels[1])
                          : drawn.values);
    if (drawn.labels.defined()) labels.push_back(drawn.labels);
  });
  return {.samples = at::cat(samples), .labels = labels.empty() ? at::Tensor() : at::cat(labels)};
}

Json as_json(const Evaluation& evaluation, const TrainedRun& run) {
  Json json{{"recipe", run.recipe.name},
            {"seed", run.recipe.seed},
            {"step", run.info.step},
            {"dataset", run.recipe.data.path},
            {"samples", evaluation.samples},
            {"real_samples", evaluation.real_samples},
            {"moments_distance", evaluation.moments_distance}};
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

void print_line(const char* name, const std::string& value, const std::string& meaning) {
  std::puts(fmt::format("  {:<20}{:<12}{}", name, value, meaning).c_str());
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

void print(const Evaluation& evaluation, const TrainedRun& run) {
  std::puts(fmt::format("{}, step {}: {} samples against {} of {}", run.recipe.name, run.info.step,
                        evaluation.samples, evaluation.real_samples, run.recipe.data.path)
                .c_str());
  print_line("moments distance", fmt::format("{:.4g}", evaluation.moments_distance),
             run.procedure->sample_form().kind == SampleForm::Kind::pictures
                 ? "means and deviations of the pixels, white is 255"
                 : "means and deviations of the coordinates");
  if (const auto& coverage = evaluation.coverage) {
    print_line("modes covered", fmt::format("{} of {}", coverage->covered, coverage->modes),
               "by at least one sample of high quality");
    print_line("high quality", percent(coverage->high_quality_share),
               "of the samples lie within 3 deviations of a mode");
    print_line("reverse KL", fmt::format("{:.3f}", coverage->reverse_kl),
               "nats, of the modes of the samples from equal shares");
  }
  if (const auto& classifier = evaluation.classifier) {
    print_line("Frechet distance", fmt::format("{:.4g}", classifier->frechet_distance),
               fmt::format("in 64 features of a classifier: {} right on held-out images, weights {:08x}",
                           percent(classifier->held_out_accuracy), classifier->checksum));
    print_line("reverse KL", fmt::format("{:.3f}", classifier->reverse_kl),
               "nats, of the classes of the samples from those of the dataset");
  }
  if (evaluation.label_agreement)
    print_line("label agreement", percent(*evaluation.label_agreement),
               "of the samples are of the class asked for");
}

void evaluate_run(const EvaluateArguments& arguments) {
  if (!arguments.json.empty()) check_output_file("--json", arguments.json);
  LoneCommunicator communicator;
  const TrainedRun run = open_trained_run(arguments.run, arguments.seed, communicator);
  const DatasetIndex index = read_training_data(run).front();
  const Evaluation evaluation = evaluate_samples(draw_generated(run, arguments.count), index);
  print(evaluation, run);
  if (!arguments.json.empty()) write_json_atomically(arguments.json, as_json(evaluation, run));
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
      "Compares with the dataset of the recipe. For images with labels it first trains a small classifier "
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
