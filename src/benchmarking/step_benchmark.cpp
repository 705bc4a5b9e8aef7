#include "benchmarking/step_benchmark.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/gradient_exchange.hpp"

namespace ganymede {
namespace {

constexpr double kShareOfWarmUp = 0.1;  // of the measured seconds, for the steps after those

// Seconds in communication, hidden behind compute or not.
double communication_total(Communicator& communicator) {
  return communicator.seconds() + communicator.gradients().hidden_seconds();
}

class Steps {
 public:
  Steps(Procedure& procedure, const Sources& sources, Communicator& communicator, std::int64_t first)
      : procedure_(procedure),
        sources_(sources),
        communicator_(communicator),
        first_(first),
        trial_(communicator.gradients()) {}

  void take(std::int64_t steps) {
    for (std::int64_t i = 0; i < steps; ++i) take_one([] { return false; });
    complete();
  }

  // At least one, until rank 0's clock says so.
  void take_for(double seconds) {
    const Stopwatch clock;
    while (!take_one([&] { return clock.seconds() > seconds; })) {
    }
    complete();
  }

  StepSeconds seconds_so_far() const {
    StepSeconds seconds{.step = times_.step_seconds,
                        .data = times_.data_seconds,
                        .communication_exposed = times_.communication_seconds,
                        .communication_total = communication_total(communicator_)};
    for (const StepPart& part : procedure_.step_parts()) seconds.parts.push_back(part.seconds);
    return seconds;
  }
  std::int64_t taken() const { return times_.steps; }

 private:
  bool take_one(const std::function<bool()>& is_out_of_time) {
    last_ = take_step(first_ + taken(), procedure_, sources_, communicator_, times_, trial_, is_out_of_time);
    return last_.out_of_time;
  }
  void complete() { complete_step(first_ + taken() - 1, last_, procedure_, communicator_, times_); }

  Procedure& procedure_;
  const Sources& sources_;
  Communicator& communicator_;
  const std::int64_t first_;
  OverlapTrial trial_;
  StepTimes times_;
  TakenStep last_;
};

std::vector<double> as_row(const StepSeconds& seconds) {
  std::vector<double> row{seconds.step, seconds.data, seconds.communication_exposed,
                          seconds.communication_total};
  row.insert(row.end(), seconds.parts.begin(), seconds.parts.end());
  return row;
}

StepSeconds from_row(const std::vector<double>& row) {
  return {.step = row[0],
          .data = row[1],
          .communication_exposed = row[2],
          .communication_total = row[3],
          .parts = {row.begin() + 4, row.end()}};
}

std::vector<double> difference(std::vector<double> later, const std::vector<double>& earlier) {
  for (std::size_t i = 0; i < later.size(); ++i) later[i] -= earlier[i];
  return later;
}

std::int64_t replays_of(const Procedure& procedure) {
  return procedure.graphs() ? procedure.graphs()->replays() : 0;
}

// As many steps as rank 0 expects to fill a repeat.
std::int64_t choose_steps(double step_seconds, const StepBenchmarkOptions& options,
                          Communicator& communicator) {
  const double repeat_seconds = options.seconds / static_cast<double>(options.repeats);
  const at::Tensor steps =
      at::full({1}, std::max<std::int64_t>(1, std::llround(repeat_seconds / step_seconds)), at::kLong);
  communicator.broadcast_(steps);
  return steps.item<std::int64_t>();
}

}  // namespace

double StepSeconds::rest() const {
  return std::accumulate(parts.begin(), parts.end(), step - data - communication_exposed, std::minus<>());
}

StepSeconds StepMeasurement::mean() const {
  std::vector<double> sums(as_row(repeats.front()).size(), 0.0);
  for (const StepSeconds& repeat : repeats) {
    const std::vector<double> row = as_row(repeat);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i] / static_cast<double>(repeats.size());
  }
  return from_row(sums);
}

std::vector<StepPart> StepMeasurement::mean_parts() const {
  const StepSeconds seconds = mean();
  const StepPart communication{"communication_exposed", seconds.communication_exposed};
  std::vector<StepPart> made{{"data", seconds.data}};
  if (replayed) {
    made.insert(made.end(),
                {communication, {"replayed_step", seconds.step - seconds.data - communication.seconds}});
    return made;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == kOptimizerPart) made.push_back(communication);
    made.push_back({parts[i], seconds.parts[i]});
  }
  made.push_back({"rest", seconds.rest()});
  return made;
}

Spread StepMeasurement::step_seconds() const {
  std::vector<double> seconds;
  for (const StepSeconds& repeat : repeats) seconds.push_back(repeat.step);
  return spread_of(seconds);
}

Spread StepMeasurement::samples_per_second() const {
  std::vector<double> speeds;
  for (const StepSeconds& repeat : repeats)
    speeds.push_back(static_cast<double>(global_batch_size) / repeat.step);
  return spread_of(speeds);
}

StepMeasurement measure_steps(Procedure& procedure, const Sources& sources, Communicator& communicator,
                              const StepBenchmarkOptions& options) {
  Steps steps(procedure, sources, communicator, options.steps_before);
  steps.take(communicator.gradients().leaves_overlap_open() ? OverlapTrial::kSteps : options.first_steps);
  const std::int64_t first_steps = steps.taken();
  const double before = steps.seconds_so_far().step;
  steps.take_for(kShareOfWarmUp * options.seconds);
  const double step_seconds =
      (steps.seconds_so_far().step - before) / static_cast<double>(steps.taken() - first_steps);

  StepMeasurement measured{.global_batch_size = sources.front()->global_batch_size(),
                           .warm_up_steps = steps.taken(),
                           .steps_per_repeat = choose_steps(step_seconds, options, communicator),
                           .parts = {},
                           .repeats = {}};
  for (const StepPart& part : procedure.step_parts()) measured.parts.emplace_back(part.name);
  const std::int64_t replays_before = replays_of(procedure);
  std::vector<double> rows;  // [repeat, number]
  std::vector<double> so_far = as_row(steps.seconds_so_far());
  for (std::int64_t i = 0; i < options.repeats; ++i) {
    steps.take(measured.steps_per_repeat);
    const std::vector<double> now = as_row(steps.seconds_so_far());
    const std::vector<double> repeat = difference(now, so_far);
    rows.insert(rows.end(), repeat.begin(), repeat.end());
    so_far = now;
  }
  measured.replayed = replays_of(procedure) - replays_before == measured.steps_per_repeat * options.repeats;
  // One all-reduce after the last step, so that none of it is measured.
  const at::Tensor sums = at::tensor(rows, at::kDouble);
  communicator.all_reduce_sum_(sums);
  sums.div_(static_cast<double>(measured.steps_per_repeat * communicator.size()));
  const auto* numbers = sums.const_data_ptr<double>();
  for (std::int64_t i = 0; i < options.repeats; ++i, numbers += so_far.size())
    measured.repeats.push_back(from_row({numbers, numbers + so_far.size()}));
  return measured;
}

}  // namespace ganymede
