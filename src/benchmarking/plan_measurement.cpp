#include "benchmarking/plan_measurement.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "base/error.hpp"
#include "benchmarking/lone_rank.hpp"
#include "benchmarking/step_benchmark.hpp"
#include "benchmarking/step_timeline.hpp"
#include "benchmarking/sum_benchmark.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kRounds = 3, kRepeats = 3;  // repeats of a round
constexpr std::int64_t kSmallBytes = 1024;
constexpr double kSecondsOfSums = 1;

struct LoneTraining {
  LoneTraining(const MakeMeasuredTraining& make, std::int64_t rows_of_rank)
      : training(make(rank, rows_of_rank)), rows(rows_of_rank) {}
  LoneRank rank;
  MeasuredTraining training;
  const std::int64_t rows;
};

StepMeasurement measure_round(MeasuredTraining& training, Communicator& communicator, double seconds) {
  const StepMeasurement measured = measure_steps(
      *training.procedure, training.sources, communicator,
      {.seconds = seconds, .repeats = kRepeats, .first_steps = 2, .steps_before = training.steps});
  training.steps += measured.steps();
  return measured;
}

double optimizer_seconds(const StepMeasurement& measured, const StepSeconds& repeat) {
  const auto part = std::find(measured.parts.begin(), measured.parts.end(), kOptimizerPart);
  ensure(part != measured.parts.end(), "every procedure has an optimizer");
  return repeat.parts[static_cast<std::size_t>(part - measured.parts.begin())];
}

void add_round(MeasuredSteps& steps, const StepMeasurement& round) {
  for (const StepSeconds& repeat : round.repeats) {
    steps.seconds.push_back(repeat.step);
    constexpr double kCount = kRounds * kRepeats;
    steps.optimizer_seconds += optimizer_seconds(round, repeat) / kCount;
  }
}

StepTraffic count_traffic(LoneTraining& lone) {
  constexpr int kWarmUpSteps = 2;
  LoneRank& rank = lone.rank;
  MeasuredTraining& training = lone.training;
  StepTimes times;
  OverlapTrial none(rank.gradients());
  const auto step = [&] {
    take_step(training.steps++, *training.procedure, training.sources, rank, times, none,
              [] { return false; });
  };
  for (int i = 0; i < kWarmUpSteps; ++i) step();
  rank.reset();
  StepTimeline timeline(rank, *training.procedure, lone.rows);
  step();
  timeline.end();
  return {.gradient_sums = static_cast<double>(rank.gradient_sums().count),
          .gradient_bytes = static_cast<double>(rank.gradient_sums().bytes),
          .small_sums = static_cast<double>(rank.all_reduces().count),
          .small_bytes = static_cast<double>(rank.all_reduces().bytes),
          .timeline = timeline.events()};
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

// Its step times are those of the slowest rank, for which the others would wait.
StepMeasurement measure_together(LoneTraining& lone, double seconds, Communicator& communicator) {
  StepMeasurement measured;
  communicator.barrier();
  agree(communicator, [&] { measured = measure_round(lone.training, lone.rank, seconds); });
  at::Tensor steps = at::zeros({kRepeats}, at::kDouble);
  for (std::int64_t i = 0; i < kRepeats; ++i) steps[i] = measured.repeats[i].step;
  const at::Tensor slowest = communicator.all_gather(steps).amax(0);
  for (std::int64_t i = 0; i < kRepeats; ++i) measured.repeats[i].step = slowest[i].item<double>();
  return measured;
}

// The traffic is that of rank 0.
NodeSums measure_node_sums(const StepTraffic& traffic, Communicator& communicator) {
  constexpr std::int64_t kNumber = sizeof(float);
  const at::Tensor mean_bytes = at::zeros({1}, at::kLong);
  if (communicator.rank() == 0)
    mean_bytes.fill_(std::llround(traffic.gradient_bytes / traffic.gradient_sums));
  communicator.broadcast_(mean_bytes);
  const std::int64_t large_bytes =
      std::max(2 * kSmallBytes, mean_bytes.item<std::int64_t>() / kNumber * kNumber);
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

PlanMeasurement measure_for_plan(const MakeMeasuredTraining& make, Communicator& communicator,
                                 const PlanMeasurementOptions& options) {
  PlanMeasurement measured;
  std::vector<std::unique_ptr<LoneTraining>> alone;  // [rows]
  std::size_t for_together = 0;
  agree(communicator, [&] {
    for (const std::int64_t rows : options.rows) {
      if (rows == options.rows_together) for_together = alone.size();
      measured.alone.push_back({.rows = rows});
      alone.push_back(std::make_unique<LoneTraining>(make, rows));
    }
  });
  if (communicator.size() > 1 && communicator.host_size() == options.ranks_per_node)
    measured.together = {.rows = options.rows_together};
  std::optional<MeasuredTraining> present;
  if (options.present_rows > 0) {
    measured.present = {.rows = options.present_rows};
    present = make(communicator, options.present_rows * communicator.size());
  }

  const auto kinds = static_cast<double>(alone.size() + (measured.together ? 1 : 0) + (present ? 1 : 0));
  const double seconds = options.seconds / kinds / kRounds;
  measure_on_root(communicator, seconds, [&] { measured.traffic = count_traffic(*alone[for_together]); });
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < alone.size(); ++i)
      measure_on_root(communicator, seconds, [&] {
        add_round(measured.alone[i], measure_round(alone[i]->training, alone[i]->rank, seconds));
      });
    if (measured.together)
      add_round(*measured.together, measure_together(*alone[for_together], seconds, communicator));
    if (present) add_round(*measured.present, measure_round(*present, communicator, seconds));
  }
  if (communicator.size() > 1 && communicator.host_size() == communicator.size())
    measured.node_sums = measure_node_sums(measured.traffic, communicator);
  return measured;
}

StepTimeModel fit_model(const PlanMeasurement& measured, const Interconnect& network, bool shares_updates) {
  StepTimeModel model{.traffic = measured.traffic, .network = network};
  std::vector<MeasuredPoint> points;
  for (const MeasuredSteps& steps : measured.alone)
    points.push_back({static_cast<double>(steps.rows), steps.spread().median});
  model.compute = fit_line(points);
  const auto count = static_cast<double>(measured.alone.size());
  if (shares_updates)
    for (const MeasuredSteps& steps : measured.alone) model.shared_update += steps.optimizer_seconds / count;
  if (measured.together) {
    const auto alone =
        std::find_if(measured.alone.begin(), measured.alone.end(),
                     [&](const MeasuredSteps& steps) { return steps.rows == measured.together->rows; });
    ensure(alone != measured.alone.end(), "what is measured together is measured alone, too");
    model.slowdown = measured.together->spread().median / alone->spread().median;
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
