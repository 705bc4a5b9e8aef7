#include "benchmarking/plan_measurement.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "base/error.hpp"
#include "benchmarking/lone_rank.hpp"
#include "benchmarking/step_benchmark.hpp"
#include "benchmarking/sum_benchmark.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kRepeats = 5;
constexpr std::int64_t kSmallBytes = 1024;
constexpr double kSecondsOfSums = 1;

LoneSteps measure_alone(const MakeTrainee& make, std::int64_t rows, double seconds) {
  LoneRank rank;
  const Trainee trainee = make(rank, rows);
  const StepMeasurement measured =
      measure_steps(*trainee.gan, *trainee.loader, rank, {.seconds = seconds, .repeats = kRepeats});
  const StepSeconds mean = measured.mean();
  return {
      .rows = rows,
      .step_seconds = measured.step_seconds(),
      .backward_share = (mean.compute.generator_backward + mean.compute.discriminator_backward) / mean.step,
      .optimizer_seconds = mean.compute.optimizer};
}

StepTraffic count_traffic(const MakeTrainee& make, std::int64_t rows) {
  LoneRank rank;
  const Trainee trainee = make(rank, rows);
  rank.reset();
  StepTimes times;
  take_step(*trainee.gan, *trainee.loader, rank, times, [] { return false; });
  return {.gradient_sums = static_cast<double>(rank.gradient_sums().count),
          .gradient_bytes = static_cast<double>(rank.gradient_sums().bytes),
          .small_sums = static_cast<double>(rank.all_reduces().count),
          .small_bytes = static_cast<double>(rank.all_reduces().bytes)};
}

// Ranks that wait in a collective use their cores up: they sleep about as long as rank 0 measures.
template <typename Measure>
void measure_on_root(Communicator& communicator, double seconds, Measure measure) {
  constexpr double kLonger = 1.2;  // warm-up, and making the networks
  agree(communicator, [&] {
    if (communicator.rank() == 0)
      measure();
    else
      std::this_thread::sleep_for(std::chrono::duration<double>(kLonger * seconds));
  });
}

LoneSteps measure_together(const MakeTrainee& make, std::int64_t rows, double seconds,
                           Communicator& communicator) {
  LoneSteps mine;
  communicator.barrier();
  agree(communicator, [&] { mine = measure_alone(make, rows, seconds); });
  const at::Tensor sums =
      at::tensor({mine.step_seconds.median, mine.step_seconds.min, mine.step_seconds.max}, at::kDouble);
  communicator.all_reduce_sum_(sums);
  sums.div_(communicator.size());
  const auto* means = sums.const_data_ptr<double>();
  mine.step_seconds = {means[0], means[1], means[2]};
  return mine;
}

NodeSums measure_node_sums(std::int64_t large_bytes, Communicator& communicator) {
  const std::vector<Spread> spreads = measure_in_turns(
      {make_gradient_sum(kSmallBytes, communicator), make_gradient_sum(large_bytes, communicator),
       make_all_reduce(kSmallBytes, communicator)},
      communicator, {.seconds = kSecondsOfSums});
  return {.small_bytes = kSmallBytes,
          .large_bytes = large_bytes,
          .small_gradient_sum = spreads[0],
          .large_gradient_sum = spreads[1],
          .small_all_reduce = spreads[2]};
}

}  // namespace

PlanMeasurement measure_for_plan(const MakeTrainee& make, Communicator& communicator,
                                 const PlanMeasurementOptions& options) {
  const double seconds = options.seconds / static_cast<double>(options.rows.size() + 1);
  PlanMeasurement measured;
  for (const std::int64_t rows : options.rows)
    measure_on_root(communicator, seconds,
                    [&] { measured.alone.push_back(measure_alone(make, rows, seconds)); });
  agree(communicator, [&] { measured.traffic = count_traffic(make, options.rows_together); });
  if (communicator.size() == 1) return measured;
  if (communicator.node_size() == options.ranks_per_node)
    measured.together = measure_together(make, options.rows_together, seconds, communicator);
  if (communicator.node_size() == communicator.size()) {
    const double mean_bytes = measured.traffic.gradient_bytes / measured.traffic.gradient_sums;
    constexpr std::int64_t kNumber = 4;  // bytes of a float
    measured.node_sums = measure_node_sums(
        std::max<std::int64_t>(2 * kSmallBytes, std::llround(mean_bytes / kNumber) * kNumber), communicator);
  }
  return measured;
}

StepTimeModel fit_model(const PlanMeasurement& measured, const Interconnect& network, bool shares_updates) {
  StepTimeModel model{.traffic = measured.traffic, .network = network};
  std::vector<Point> points;
  for (const LoneSteps& steps : measured.alone)
    points.push_back({static_cast<double>(steps.rows), steps.step_seconds.median});
  model.compute = fit_line(points);
  const auto count = static_cast<double>(measured.alone.size());
  for (const LoneSteps& steps : measured.alone) model.backward_share += steps.backward_share / count;
  if (shares_updates)
    for (const LoneSteps& steps : measured.alone) model.shared_update += steps.optimizer_seconds / count;
  if (measured.together) {
    const auto alone =
        std::find_if(measured.alone.begin(), measured.alone.end(),
                     [&](const LoneSteps& steps) { return steps.rows == measured.together->rows; });
    ensure(alone != measured.alone.end(), "what is measured together is measured alone, too");
    model.slowdown = measured.together->step_seconds.median / alone->step_seconds.median;
  }
  model.node_sum.slope = 1 / kAssumedNodeBandwidth;
  model.node_small_sum = kAssumedNodeSmallSum;
  if (const auto& sums = measured.node_sums) {
    model.node_sum = fit_line({{static_cast<double>(sums->small_bytes), sums->small_gradient_sum.median},
                               {static_cast<double>(sums->large_bytes), sums->large_gradient_sum.median}});
    model.node_small_sum = sums->small_all_reduce.median;
  }
  return model;
}

}  // namespace ganymede
