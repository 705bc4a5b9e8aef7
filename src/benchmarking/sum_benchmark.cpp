#include "benchmarking/sum_benchmark.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/gradient_exchange.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kWarmUpCalls = 2, kCallsToTime = 3;
constexpr double kMostCalls = 100'000;  // of a repeat

struct Timed {
  double prepared_seconds;  // a call, with what is not measured
  double seconds;
};

Timed time_calls(const SumWay& way, std::int64_t calls, Communicator& communicator) {
  const Stopwatch all;
  double seconds = 0;
  for (std::int64_t i = 0; i < calls; ++i) {
    way.prepare();
    communicator.barrier();
    const ScopedTimer timer(seconds);
    way.run();
  }
  const auto count = static_cast<double>(calls);
  return {all.seconds() / count, seconds / count};
}

// Calls that fill the seconds, by rank 0's clock.
std::int64_t choose_calls(const SumWay& way, double seconds, Communicator& communicator) {
  time_calls(way, kWarmUpCalls, communicator);
  const double call_seconds = time_calls(way, kCallsToTime, communicator).prepared_seconds;
  const at::Tensor calls =
      at::full({1}, std::llround(std::clamp(seconds / call_seconds, 1.0, kMostCalls)), at::kLong);
  communicator.broadcast_(calls);
  return calls.item<std::int64_t>();
}

std::int64_t elements_of(std::int64_t bytes) {
  require(bytes > 0 && bytes % static_cast<std::int64_t>(sizeof(float)) == 0,
          "a sum of {} bytes; expected a positive multiple of 4, the size of a number", bytes);
  return bytes / static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

std::vector<Spread> measure_in_turns(const std::vector<SumWay>& ways, Communicator& communicator,
                                     const SumBenchmarkOptions& options) {
  const auto count = static_cast<std::int64_t>(ways.size());
  const double turn_seconds = options.seconds / static_cast<double>(options.repeats * count);
  std::vector<std::int64_t> calls;
  for (const SumWay& way : ways) calls.push_back(choose_calls(way, turn_seconds, communicator));

  const at::Tensor seconds = at::zeros({count, options.repeats}, at::kDouble);
  auto measured = seconds.accessor<double, 2>();
  for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat)
    for (std::int64_t i = 0; i < count; ++i)
      measured[i][repeat] = time_calls(ways[i], calls[i], communicator).seconds;
  communicator.all_reduce_sum_(seconds);
  seconds.div_(communicator.size());

  std::vector<Spread> spreads;
  for (std::int64_t i = 0; i < count; ++i)
    spreads.push_back(spread_of({measured[i].data(), measured[i].data() + options.repeats}));
  return spreads;
}

SumWay make_gradient_sum(std::int64_t bytes, Communicator& communicator) {
  const std::int64_t elements = elements_of(bytes);
  GradientExchange& exchange = communicator.gradients();
  const Gradients gradients = exchange.allocate_gradients(elements, at::kFloat);
  return {.prepare = [gradients] { gradients.own.fill_(1); },
          .run =
              [gradients, buckets = std::array{ElementRange{0, elements}}, &exchange] {
                const bool overlapping = exchange.overlaps();
                exchange.set_overlapping(false);  // nothing runs beside it
                exchange.start_sums(gradients, buckets);
                exchange.finish_sums();
                exchange.set_overlapping(overlapping);
                exchange.publish(gradients.own, buckets);
              }};
}

SumWay make_all_reduce(std::int64_t bytes, Communicator& communicator) {
  const at::Tensor tensor = at::empty({elements_of(bytes)}, at::kFloat);
  return {.prepare = [tensor] { tensor.fill_(1); },
          .run = [tensor, &communicator] { communicator.all_reduce_sum_(tensor); }};
}

}  // namespace ganymede
