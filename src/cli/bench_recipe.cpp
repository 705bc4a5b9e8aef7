#include <algorithm>
#include <cstdio>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "benchmarking/step_benchmark.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_subcommands.hpp"
#include "cli/cache_option.hpp"
#include "cli/recipe_options.hpp"
#include "cli/units.hpp"
#include "session/rank_device.hpp"
#include "session/training_data.hpp"

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

std::string as_words(std::string name) {
  if (name == "communication_exposed") return "communication, exposed";
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
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
  const auto print_part = [&](const std::string& name, double seconds) {
    std::puts(
        fmt::format("  {:<26}{:>10.3f}{:>7.1f} %", name, seconds * kMilliseconds, 100 * seconds / mean.step)
            .c_str());
  };
  for (const StepPart& part : measured.mean_parts())
    print_part(as_words(std::string(part.name)), part.seconds);
  print_part("step", mean.step);
  print_part("communication, total", mean.communication_total);
}

Json as_json(const StepMeasurement& measured, const Conditions& conditions) {
  const StepSeconds mean = measured.mean();
  Json json{{"recipe", conditions.recipe.name},
            {"dataset", conditions.recipe.data.names()},
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
  for (const StepPart& part : measured.mean_parts())
    json["parts_milliseconds"][part.name] = part.seconds * kMilliseconds;
  json["communication_total_milliseconds"] = mean.communication_total * kMilliseconds;
  return json;
}

ExitCode run_bench(const BenchArguments& arguments, Communicator& communicator) {
  agree_on_output_file(communicator, "--json", arguments.json);
  const auto [recipe, datasets] = agree_on_recipe(arguments.from, communicator);
  const int threads = start_threads(arguments.from.threads, recipe, communicator);
  const std::vector<DatasetIndex> indices = agree_on_datasets(recipe, datasets, communicator);
  communicator.board()->set_deadline(recipe.communication.deadline_seconds);
  communicator.configure(communication_of(recipe, communicator.size()));
  const at::Device device = agree_on_device(recipe, communicator);
  const std::unique_ptr<Procedure> procedure = agree_on_procedure(recipe, indices, device, communicator);
  const Sources sources = agree_on_sources(recipe, indices, *procedure, device, /*step=*/0,
                                           arguments.from.cache_mib, communicator);
  const StepMeasurement measured = measure_steps(*procedure, sources, communicator, arguments.options);
  const Conditions conditions{.recipe = recipe,
                              .ranks = communicator.size(),
                              .ranks_per_node = communicator.host_size(),
                              .threads = threads};
  if (communicator.rank() == 0) print(measured, conditions);
  write_json_of_root(communicator, arguments.json, [&] { return as_json(measured, conditions); });
  return ExitCode::success;
}

}  // namespace

void add_bench_recipe(CLI::App& bench, Action& action) {
  auto arguments = std::make_shared<BenchArguments>();
  add_recipe_options(bench, arguments->from);
  add_cache_option(bench, arguments->from.cache_mib);
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
