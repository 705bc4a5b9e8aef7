#include "benchmarking/step_benchmark.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/communication_thread.hpp"

namespace ganymede {
namespace {

constexpr double kShareOfWarmUp = 0.1;  // of the measured seconds, for the steps after those
constexpr std::int64_t kNumbers = sizeof(StepSeconds) / sizeof(double);
static_assert(kNumbers == 9, "a StepSeconds is nothing but doubles: it travels as a row of a tensor");

// Seconds in communication, hidden behind compute or not.
double communication_total(Communicator& communicator) {
  const CommunicationThread* background = communicator.background();
  return communicator.seconds() + (background ? background->hidden_seconds() : 0);
}

class Steps {
 public:
  Steps(Gan& gan, BatchLoader& loader, Communicator& communicator)
      : gan_(gan), loader_(loader), communicator_(communicator) {}

  void take(std::int64_t steps) {
    for (std::int64_t i = 0; i < steps; ++i) take_one([] { return false; });
  }

  // At least one, until rank 0's clock says so.
  void take_for(double seconds) {
    const Stopwatch clock;
    while (!take_one([&] { return clock.seconds() > seconds; })) {
    }
  }

  StepSeconds seconds_so_far() const {
    return {.step = times_.step_seconds,
            .data = times_.data_seconds,
            .compute = gan_.phase_times(),
            .communication_exposed = times_.communication_seconds,
            .communication_total = communication_total(communicator_)};
  }
  std::int64_t taken() const { return times_.steps; }
  std::int64_t global_batch_size() const { return global_batch_size_; }

 private:
  bool take_one(const std::function<bool()>& is_out_of_time) {
    const TakenStep taken = take_step(gan_, loader_, communicator_, times_, is_out_of_time);
    global_batch_size_ = taken.global_batch_size;
    return taken.out_of_time;
  }

  Gan& gan_;
  BatchLoader& loader_;
  Communicator& communicator_;
  StepTimes times_;
  std::int64_t global_batch_size_ = 0;
};

at::Tensor as_row(StepSeconds& seconds) {
  return at::from_blob(&seconds, {kNumbers}, at::kDouble);
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

StepSeconds StepMeasurement::mean() const {
  StepSeconds mean;
  const at::Tensor row = as_row(mean);
  for (StepSeconds repeat : repeats) row.add_(as_row(repeat));
  row.div_(static_cast<double>(repeats.size()));
  return mean;
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

StepMeasurement measure_steps(Gan& gan, BatchLoader& loader, Communicator& communicator,
                              const StepBenchmarkOptions& options) {
  Steps steps(gan, loader, communicator);
  steps.take(options.first_steps);
  const double before = steps.seconds_so_far().step;
  steps.take_for(kShareOfWarmUp * options.seconds);
  const double step_seconds =
      (steps.seconds_so_far().step - before) / static_cast<double>(steps.taken() - options.first_steps);

  StepMeasurement measured{.global_batch_size = steps.global_batch_size(),
                           .warm_up_steps = steps.taken(),
                           .steps_per_repeat = choose_steps(step_seconds, options, communicator),
                           .repeats = {}};
  std::vector<StepSeconds> so_far{steps.seconds_so_far()};
  for (std::int64_t i = 0; i < options.repeats; ++i) {
    steps.take(measured.steps_per_repeat);
    so_far.push_back(steps.seconds_so_far());
  }
  // [repeat, number]; one all-reduce after the last step, so that none of it is measured.
  const at::Tensor rows =
      at::from_blob(so_far.data(), {options.repeats + 1, kNumbers}, at::kDouble).diff(1, 0);
  communicator.all_reduce_sum_(rows);
  rows.div_(static_cast<double>(measured.steps_per_repeat * communicator.size()));
  measured.repeats.resize(options.repeats);
  at::from_blob(measured.repeats.data(), {options.repeats, kNumbers}, at::kDouble).copy_(rows);
  return measured;
}

}  // namespace ganymede
