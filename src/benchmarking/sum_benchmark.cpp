#include "benchmarking/sum_benchmark.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kWarmUpCalls = 2;
constexpr double kCallsToTime = 3, kMostCalls = 100'000;  // of a repeat

double seconds_of(const std::function<void()>& collective, std::int64_t calls, Communicator& communicator) {
  communicator.barrier();
  const Stopwatch clock;
  for (std::int64_t i = 0; i < calls; ++i) collective();
  return clock.seconds() / static_cast<double>(calls);
}

// Calls that fill the seconds, by rank 0's clock.
std::int64_t choose_calls(const std::function<void()>& collective, double seconds,
                          Communicator& communicator) {
  for (std::int64_t i = 0; i < kWarmUpCalls; ++i) collective();
  const double call_seconds = seconds_of(collective, static_cast<std::int64_t>(kCallsToTime), communicator);
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

std::vector<Spread> measure_in_turns(const std::vector<std::function<void()>>& collectives,
                                     Communicator& communicator, const SumBenchmarkOptions& options) {
  const auto count = static_cast<std::int64_t>(collectives.size());
  const double turn_seconds = options.seconds / static_cast<double>(options.repeats * count);
  std::vector<std::int64_t> calls;
  for (const auto& collective : collectives)
    calls.push_back(choose_calls(collective, turn_seconds, communicator));

  const at::Tensor seconds = at::zeros({count, options.repeats}, at::kDouble);
  auto measured = seconds.accessor<double, 2>();
  for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat)
    for (std::int64_t i = 0; i < count; ++i)
      measured[i][repeat] = seconds_of(collectives[i], calls[i], communicator);
  communicator.all_reduce_sum_(seconds);
  seconds.div_(communicator.size());

  std::vector<Spread> spreads;
  for (std::int64_t i = 0; i < count; ++i)
    spreads.push_back(spread_of({measured[i].data(), measured[i].data() + options.repeats}));
  return spreads;
}

std::function<void()> make_gradient_sum(std::int64_t bytes, Communicator& communicator) {
  const std::int64_t elements = elements_of(bytes);
  return [elements, of_rank = communicator.node().allocate_each(elements, at::kFloat), &communicator] {
    communicator.sum_to_owners_(of_rank, {0, elements});
    communicator.node_barrier();
  };
}

// Zeros: sums of them stay finite however often they are summed in place.
std::function<void()> make_all_reduce(std::int64_t bytes, Communicator& communicator) {
  return [tensor = at::zeros({elements_of(bytes)}, at::kFloat), &communicator] {
    communicator.all_reduce_sum_(tensor);
  };
}

}  // namespace ganymede
