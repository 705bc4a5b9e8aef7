#include <sys/resource.h>

#include <ATen/ops/full.h>

#include <cstdio>

#include "base/clock.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_subcommands.hpp"
#include "cli/cache_option.hpp"
#include "data/loading/batch_loader.hpp"
#include "distributed/agreement.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

struct BenchDataArguments {
  std::string dataset;
  BatchLoaderOptions loader;
  std::int64_t cache_mib = kDefaultCacheMib;
  double seconds = 3;           // a measurement
  double consumption = 12'000;  // images/s over all ranks
  std::string json;
};

// How the samples come, over all ranks.
struct LoadingFigures {
  const char* source;
  double ready_seconds;      // until the first batch
  double images_per_second;  // of ranks that do nothing but take batches
  double waiting_share;      // of the time of ranks that are busy between batches, at the pace of training
};

// Of the slowest rank: in training, all ranks wait for it. Collective.
double maximum_over_ranks(double value, Communicator& communicator) {
  return communicator.all_gather(at::full({1}, value, at::kDouble)).max().item<double>();
}

// Seconds that a batch takes when nobody does anything else.
double seconds_a_batch(BatchLoader& loader, double seconds) {
  const Stopwatch clock;
  std::int64_t batches = 0;
  for (; clock.seconds() < seconds; ++batches) loader.next();
  return clock.seconds() / static_cast<double>(batches);
}

// How often this thread had to sleep; the times when others took its core are not among them.
long times_slept() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

// Keeps the core busy for `interval` after each batch, as training does. Only batches that were not ready
// count: taking one lets the loader run, and on a busy machine whoever comes next.
double waiting_share(BatchLoader& loader, double interval, double seconds) {
  double waiting = 0;
  const Stopwatch clock;
  while (clock.seconds() < seconds) {
    const long slept_before = times_slept();
    const Stopwatch step;
    loader.next();
    const double taken = step.seconds();
    if (times_slept() > slept_before) waiting += taken;
    while (step.seconds() < taken + interval) continue;
  }
  return waiting / clock.seconds();
}

LoadingFigures measure_loading(const BenchDataArguments& arguments, const DatasetIndex& index,
                               std::int64_t cache_bytes, Communicator& communicator) {
  const Stopwatch clock;
  const PartCaches caches = {cache_samples(index, cache_bytes, communicator.host_group())};
  std::optional<BatchLoader> loader;
  agree(communicator, [&] {
    loader.emplace(index, arguments.loader, communicator.rank(), communicator.size(), caches);
    loader->next();
  });
  const double ready = maximum_over_ranks(clock.seconds(), communicator);
  const double batch = maximum_over_ranks(seconds_a_batch(*loader, arguments.seconds), communicator);
  const auto batch_size = static_cast<double>(arguments.loader.global_batch_size);
  const double waiting = waiting_share(*loader, batch_size / arguments.consumption, arguments.seconds);
  return {.source = caches.front() ? "cached" : "streamed",
          .ready_seconds = ready,
          .images_per_second = batch_size / batch,
          .waiting_share = maximum_over_ranks(waiting, communicator)};
}

void print_figures(const BenchDataArguments& arguments, const DatasetIndex& index,
                   const std::vector<LoadingFigures>& all, int ranks) {
  std::puts(fmt::format("{}: {} samples of {} bytes; batches of {} over {} rank{}", index.folder.string(),
                        index.samples, index.spec.sample().bytes(), arguments.loader.global_batch_size, ranks,
                        ranks == 1 ? "" : "s")
                .c_str());
  std::puts(fmt::format("            ready after    images/s      MB/s  x {:.0f}/s   waiting at {:.0f}/s",
                        arguments.consumption, arguments.consumption)
                .c_str());
  for (const LoadingFigures& figures : all)
    std::puts(fmt::format("  {:<9} {:>9.3f} s {:>11.0f} {:>9.0f} {:>{}.1f} {:>{}.3f} %", figures.source,
                          figures.ready_seconds, figures.images_per_second,
                          figures.images_per_second * static_cast<double>(index.spec.sample().bytes()) / 1e6,
                          figures.images_per_second / arguments.consumption,
                          fmt::formatted_size("x {:.0f}/s", arguments.consumption) + 1,
                          100 * figures.waiting_share,
                          fmt::formatted_size("waiting at {:.0f}/s", arguments.consumption))
                  .c_str());
}

void write_figures(const BenchDataArguments& arguments, const DatasetIndex& index,
                   const std::vector<LoadingFigures>& all, int ranks) {
  Json json{{"dataset", index.folder.string()},
            {"samples", index.samples},
            {"sample_bytes", index.spec.sample().bytes()},
            {"global_batch_size", arguments.loader.global_batch_size},
            {"ranks", ranks},
            {"consumption", arguments.consumption},
            {"loading", Json::array()}};
  for (const LoadingFigures& figures : all)
    json["loading"].push_back(
        {{"source", figures.source},
         {"ready_seconds", figures.ready_seconds},
         {"images_per_second", figures.images_per_second},
         {"batches_per_second",
          figures.images_per_second / static_cast<double>(arguments.loader.global_batch_size)},
         {"waiting_share", figures.waiting_share}});
  write_json_atomically(arguments.json, json);
}

ExitCode run_bench_data(const BenchDataArguments& arguments, Communicator& communicator) {
  agree_on_output_file(communicator, "--json", arguments.json);
  DatasetIndex index;
  agree(communicator, [&] { index = read_dataset_index(find_dataset(arguments.dataset)); });
  communicator.configure({});
  std::vector<LoadingFigures> all;
  for (const std::int64_t cache_bytes : {arguments.cache_mib << 20, std::int64_t{0}}) {
    if (!all.empty() && std::string_view(all.back().source) == "streamed") break;  // it does not fit
    all.push_back(measure_loading(arguments, index, cache_bytes, communicator));
  }
  agree_on_root(communicator, [&] {
    print_figures(arguments, index, all, communicator.size());
    if (!arguments.json.empty()) write_figures(arguments, index, all, communicator.size());
  });
  return ExitCode::success;
}

}  // namespace

void add_bench_data_command(CLI::App& bench, Action& action) {
  auto arguments = std::make_shared<BenchDataArguments>();
  CLI::App* command = bench.add_subcommand(
      "data", "How fast batches come, from memory and from the shards, without training");
  command->add_option("dataset", arguments->dataset, "Folder, or name below $GANYMEDE_DATA or data/")
      ->required();
  constexpr Range kBatch{.low = 1, .high = 1e8, .expected = "a positive integer", .says_high = false};
  expect_integer(
      command->add_option("--global-batch-size", arguments->loader.global_batch_size, "Over all ranks"),
      kBatch)
      ->capture_default_str();
  command->add_flag("--horizontal-flip", arguments->loader.horizontal_flip, "Mirror half of the images");
  add_cache_option(*command, arguments->cache_mib);
  expect_number(command->add_option("--seconds", arguments->seconds, "Of each measurement"), kPositive)
      ->capture_default_str();
  expect_number(command->add_option("--consumption", arguments->consumption,
                                    "Images/s, over all ranks, to compare with"),
                kPositive)
      ->capture_default_str();
  add_json_option(*command, arguments->json);
  command->footer("Example: mpirun -n 2 ganymede bench data fashion-mnist --global-batch-size 128");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_bench_data(*arguments, *communicator); };
  });
}

}  // namespace ganymede
