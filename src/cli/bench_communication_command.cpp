#include <cstdio>

#include "base/error.hpp"
#include "benchmarking/sum_benchmark.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_subcommands.hpp"
#include "cli/command_line.hpp"
#include "cli/units.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {
namespace {

struct CommunicationArguments {
  std::vector<std::uint64_t> sizes;  // bytes
  SumBenchmarkOptions options;
  std::string json;
};

struct SumTimes {
  std::uint64_t bytes;
  Spread gradient_sum, all_reduce;  // seconds

  double ratio() const { return all_reduce.median / gradient_sum.median; }
  double bandwidth(const Spread& seconds) const { return static_cast<double>(bytes) / seconds.median; }
};

std::vector<std::uint64_t> default_sizes() {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t bytes = 4; bytes <= 64 << 20; bytes *= 4) sizes.push_back(bytes);
  return sizes;
}

std::string describe_size(std::uint64_t bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) return fmt::format("{} MB", bytes >> 20);
  if (bytes >= 1 << 10 && bytes % (1 << 10) == 0) return fmt::format("{} KB", bytes >> 10);
  return fmt::format("{} B", bytes);
}

std::string describe_times(const SumTimes& times, const Spread& spread) {
  const double median = spread.median * kMicroseconds;
  return fmt::format("{:>10.{}f} {:>18}{:>7.2f}", median, median < 100 ? 2 : 0,
                     fmt::format("({:.4g}..{:.4g})", spread.min * kMicroseconds, spread.max * kMicroseconds),
                     times.bandwidth(spread) * kGigabytes);
}

void print_head(const Communicator& communicator) {
  std::puts(
      fmt::format("{} ranks, {} on a node: the sum of gradients beside MPI_Allreduce; microseconds, median\n"
                  "(min..max), and bytes / median in GB/s\n",
                  communicator.size(), communicator.host_size())
          .c_str());
  std::puts(fmt::format("  {:>8}{:>10} {:>18}{:>7}{:>10} {:>18}{:>7}{:>7}", "size", "gradients", "", "GB/s",
                        "MPI", "", "GB/s", "ratio")
                .c_str());
}

void print_line(const SumTimes& times) {
  std::puts(fmt::format("  {:>8}{}{}{:>7.2f}", describe_size(times.bytes),
                        describe_times(times, times.gradient_sum), describe_times(times, times.all_reduce),
                        times.ratio())
                .c_str());
  std::fflush(stdout);
}

Json as_json(const std::vector<SumTimes>& all, const Communicator& communicator) {
  Json sizes = Json::array();
  for (const SumTimes& times : all) {
    Json line{{"bytes", times.bytes}, {"ratio", times.ratio()}};
    for (const auto& [name, spread] :
         {std::pair{"gradient_sum", times.gradient_sum}, std::pair{"all_reduce", times.all_reduce}}) {
      line[name] = as_json(spread, kMicroseconds);
      line[name]["gigabytes_per_second"] = times.bandwidth(spread) * kGigabytes;
    }
    sizes.push_back(line);
  }
  return {{"ranks", communicator.size()},
          {"ranks_per_node", communicator.host_size()},
          {"unit", "microseconds"},
          {"sizes", sizes}};
}

ExitCode run_bench(const CommunicationArguments& arguments, Communicator& communicator) {
  agree_on_root(communicator, [&] {
    require(communicator.size() > 1, "bench communication needs at least 2 ranks; run it under mpirun -n 2");
  });
  agree_on_output_file(communicator, "--json", arguments.json);
  communicator.configure({.overlap = Overlap::off});
  const bool is_root = communicator.rank() == 0;
  if (is_root) print_head(communicator);
  std::vector<SumTimes> all;
  for (const std::uint64_t bytes : arguments.sizes) {
    const auto size = static_cast<std::int64_t>(bytes);
    const std::vector<Spread> spreads =
        measure_in_turns({make_gradient_sum(size, communicator), make_all_reduce(size, communicator)},
                         communicator, arguments.options);
    all.push_back({.bytes = bytes, .gradient_sum = spreads[0], .all_reduce = spreads[1]});
    if (is_root) print_line(all.back());
  }
  write_json_of_root(communicator, arguments.json, [&] { return as_json(all, communicator); });
  return ExitCode::success;
}

}  // namespace

void add_bench_communication_command(CLI::App& bench, Action& action) {
  auto arguments = std::make_shared<CommunicationArguments>();
  arguments->sizes = default_sizes();
  CLI::App* command =
      bench.add_subcommand("communication", "Measure the sum of gradients beside MPI_Allreduce");
  const auto is_sum = [](const std::string& bytes) -> std::string {
    const auto value = std::strtoull(bytes.c_str(), nullptr, 10);
    return value > 0 && value % sizeof(float) == 0
               ? ""
               : fmt::format("{} is no positive multiple of 4 bytes", bytes);
  };
  command
      ->add_option("--sizes", arguments->sizes,
                   "Bytes of float32 to sum, K and M are powers of 1024 [4 to 64M]")
      ->delimiter(',')
      ->check(is_sum)
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE,...");
  constexpr Range kSeconds{.low = 0.01, .high = 3600, .expected = "a number from 0.01 to 3600"};
  expect_number(
      command->add_option("--seconds", arguments->options.seconds, "How long to measure each size, about"),
      kSeconds)
      ->capture_default_str();
  add_json_option(*command, arguments->json);
  command->footer(
      "The two take turns, so that their ratio holds on a busy machine, too.\n"
      "Example: mpirun -n 2 ganymede bench communication --sizes 4K,1M,16M");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_bench(*arguments, *communicator); };
  });
}

}  // namespace ganymede
