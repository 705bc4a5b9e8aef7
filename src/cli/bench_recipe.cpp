#include <cstdio>

#include "base/error.hpp"
#include "benchmarking/step_benchmark.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_subcommands.hpp"
#include "cli/bench_units.hpp"
#include "cli/training_setup.hpp"

namespace ganymede {
namespace {

struct BenchArguments {
  RecipeArguments from;
  StepBenchmarkOptions options;
  std::string json;
};

// What the numbers were measured on.
struct Conditions {
  const Recipe& recipe;
  int ranks, ranks_per_node, threads;
};

struct NamedSeconds {
  const char *key, *name;
  double seconds;
};

// Together they are the step.
std::vector<NamedSeconds> parts_of(const StepSeconds& mean) {
  return {{"data", "data", mean.data},
          {"generator_forward", "generator forward", mean.compute.generator_forward},
          {"generator_backward", "generator backward", mean.compute.generator_backward},
          {"discriminator_forward", "discriminator forward", mean.compute.discriminator_forward},
          {"discriminator_backward", "discriminator backward", mean.compute.discriminator_backward},
          {"communication_exposed", "communication, exposed", mean.communication_exposed},
          {"optimizer", "optimizer", mean.compute.optimizer},
          {"rest", "rest", mean.rest()}};
}

void print(const StepMeasurement& measured, const Conditions& conditions) {
  const Spread speed = measured.samples_per_second(), step = measured.step_seconds();
  const StepSeconds mean = measured.mean();
  std::puts(fmt::format("{}: {}, {} a rank, global batch {}; {} of {} after {} of warm-up",
                        conditions.recipe.name, counted(conditions.ranks, "rank"),
                        counted(conditions.threads, "thread"), measured.global_batch_size,
                        counted(std::ssize(measured.repeats), "repeat"),
                        counted(measured.steps_per_repeat, "step"), counted(measured.warm_up_steps, "step"))
                .c_str());
  std::puts(fmt::format("\n  {:<26}{:>10.1f}   {:.1f} to {:.1f} over the repeats", "samples/s, median",
                        speed.median, speed.min, speed.max)
                .c_str());
  std::puts(fmt::format("  {:<26}{:>10.3f}   {:.3f} to {:.3f}", "ms a step, median",
                        step.median * kMilliseconds, step.min * kMilliseconds, step.max * kMilliseconds)
                .c_str());
  std::puts(fmt::format("\n  {:<26}{:>10}{:>9}", "means over ranks", "ms a step", "share").c_str());
  const auto print_part = [&](const char* name, double seconds) {
    std::puts(
        fmt::format("  {:<26}{:>10.3f}{:>7.1f} %", name, seconds * kMilliseconds, 100 * seconds / mean.step)
            .c_str());
  };
  for (const NamedSeconds& part : parts_of(mean)) print_part(part.name, part.seconds);
  print_part("step", mean.step);
  print_part("communication, total", mean.communication_total);
}

Json as_json(const StepMeasurement& measured, const Conditions& conditions) {
  const StepSeconds mean = measured.mean();
  Json json{{"recipe", conditions.recipe.name},
            {"dataset", conditions.recipe.data.path},
            {"ranks", conditions.ranks},
            {"ranks_per_node", conditions.ranks_per_node},
            {"threads", conditions.threads},
            {"global_batch_size", measured.global_batch_size},
            {"warm_up_steps", measured.warm_up_steps},
            {"repeats", measured.repeats.size()},
            {"steps_per_repeat", measured.steps_per_repeat},
            {"samples_per_second", as_json(measured.samples_per_second())},
            {"step_milliseconds", as_json(measured.step_seconds(), kMilliseconds)}};
  json["step_milliseconds"]["mean"] = mean.step * kMilliseconds;
  for (const NamedSeconds& part : parts_of(mean))
    json["parts_milliseconds"][part.key] = part.seconds * kMilliseconds;
  json["communication_total_milliseconds"] = mean.communication_total * kMilliseconds;
  return json;
}

ExitCode run_bench(const BenchArguments& arguments, Communicator& communicator) {
  check_json(communicator, arguments.json);
  const auto [recipe, dataset] = agree_on_recipe(arguments.from, communicator);
  const int threads = start_threads(arguments.from.threads, communicator);
  const DatasetIndex index = agree_on_dataset(dataset, communicator);
  communicator.configure(recipe.communication);
  const std::unique_ptr<Gan> gan = agree_on_gan(recipe, index, communicator);
  const std::unique_ptr<BatchLoader> loader =
      agree_on_loader(recipe, index, *gan, /*step=*/0, arguments.from.cache_mib, communicator);
  const StepMeasurement measured = measure_steps(*gan, *loader, communicator, arguments.options);
  const Conditions conditions{.recipe = recipe,
                              .ranks = communicator.size(),
                              .ranks_per_node = communicator.node_size(),
                              .threads = threads};
  if (communicator.rank() == 0) print(measured, conditions);
  write_json_on_root(communicator, arguments.json, [&] { return as_json(measured, conditions); });
  return ExitCode::success;
}

}  // namespace

void add_bench_recipe(CLI::App& bench, Action& action) {
  auto arguments = std::make_shared<BenchArguments>();
  add_recipe_options(bench, arguments->from);
  add_seconds_option(bench, arguments->options.seconds);
  add_json_option(bench, arguments->json);
  bench.footer(
      "Trains without leaving anything behind, and says how many samples a second pass and what a step's "
      "time is\n"
      "made of. Exposed communication is what a rank waits, for slower ranks, too; the total adds what "
      "happens\n"
      "while it computes. Warm-up is left out.\n"
      "Example: mpirun -n 2 ganymede bench mlp --threads 1 --set data.global_batch_size=128");
  bench.callback([&bench, &action, arguments] {
    if (!bench.get_subcommands().empty()) return;  // one of them has set the action
    action = [arguments](Communicator* communicator) { return run_bench(*arguments, *communicator); };
  });
}

}  // namespace ganymede
