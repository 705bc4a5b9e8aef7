#include "training/trainer.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/failure.hpp"
#include "base/logging.hpp"
#include "base/trace.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "storage/process_identity.hpp"
#include "training/divergence.hpp"
#include "training/replica_comparison.hpp"
#include "training/slow_ranks.hpp"

namespace ganymede {
namespace {

// Rank 0 warns of those that are new. Collective.
void name_slow_ranks(const at::Tensor& compute_seconds, SlowRanks& slow_ranks, Communicator& communicator) {
  const auto* seconds = compute_seconds.const_data_ptr<double>();
  const std::vector<SlowRank> slow = slow_ranks.note({seconds, seconds + communicator.size()});
  if (slow.empty()) return;
  const std::vector<std::string> hosts = gather_texts(communicator, own_identity().host);
  if (communicator.rank() != 0) return;
  for (const SlowRank& found : slow)
    spdlog::warn(
        "rank {} on {} is slow: it computed for {:.1f} s, the others for {:.1f} s (median), and wait "
        "for it; another program may run there, or fewer cores or a lower clock be its share",
        found.rank, hosts[static_cast<std::size_t>(found.rank)], found.seconds, found.median_of_others);
}

// Fills the timing fields with means over ranks. Samples and checkpoints are not steps. Collective.
void fill_times(Report& report, const StepTimes& times, std::int64_t global_batch_size, SlowRanks& slow_ranks,
                Communicator& communicator) {
  const at::Tensor all = communicator.all_gather(
      at::tensor({times.step_seconds, times.data_seconds, times.communication_seconds}, at::kDouble));
  name_slow_ranks((all.select(1, 0) - all.select(1, 1) - all.select(1, 2)).contiguous(), slow_ranks,
                  communicator);
  const at::Tensor means = all.mean(0);
  const auto* values = means.const_data_ptr<double>();
  report.samples_per_second = static_cast<double>(times.steps * global_batch_size) / values[0];
  report.data_seconds = values[1];
  report.communication_seconds = values[2];
  report.compute_seconds = values[0] - values[1] - values[2];
}

std::vector<NamedValue> name_scalars(const Phase& phase, const std::vector<double>& values) {
  std::vector<NamedValue> named;
  for (std::size_t i = 0; i < values.size(); ++i) named.push_back({phase.scalars[i], values[i]});
  return named;
}

// Hands the state of all ranks to the listeners; returns its checksum. Collective.
std::uint32_t save_state(const Listeners& listeners, const CheckpointInfo& position, Procedure& procedure,
                         Communicator& communicator) {
  const TraceSpan span("checkpoint", TraceCategory::reporting, position.step);
  const bool is_root = communicator.rank() == 0;
  const TrainingState state = is_root ? take_snapshot(procedure) : view_state(procedure);
  const std::uint32_t checksum = checksum_state(state);
  require_equal_replicas(checksum, position.step, communicator);
  // All ranks hold the same, and find the same.
  if (const auto name = find_not_finite(state)) throw Divergence(position.step, *name + " is not finite");
  agree_on_root(communicator, [&] {
    tell(listeners, "save", position.step,
         [&](RunListener& listener) { listener.on_checkpoint(position, state); });
  });
  return checksum;
}

// On rank 0: what the procedure measures of itself and what changes, or a warning.
void add_figures(Report& report, Procedure& procedure, const std::vector<Batch>& held_out) {
  try {
    for (const Figure& figure : procedure.figures(held_out))
      if (!figure.fixed) report.scalars.push_back({figure.name, figure.value});
  } catch (const std::exception& failure) {
    spdlog::warn("step {}: cannot measure: {}; training goes on", report.step,
                 describe_failure(failure).message);
  }
}

// Where a run goes on from a start that is its end.
void tell_that_nothing_is_left(const CheckpointInfo& start, const TrainOptions& options,
                               std::int64_t final_step) {
  const char* length = options.steps ? "train.steps" : "train.epochs";
  if (start.step > final_step)
    spdlog::warn(
        "nothing is trained: the checkpoint is of step {}, beyond step {}, where the recipe ends; give {} "
        "more (--set {}=N), or go back to an earlier checkpoint (--at-step N)",
        start.step, final_step, length, length);
  else if (start.step == final_step)
    spdlog::info("nothing is left to train: step {} is the recipe's last; for more, --set {}=N", final_step,
                 length);
  else
    spdlog::info(
        "nothing is trained: the {:.6g} s of train.seconds are over; for more, --set train.seconds=N",
        *options.seconds);
}

void show_samples(const Listeners& listeners, std::int64_t step, Procedure& procedure, std::int64_t count) {
  const TraceSpan span("samples", TraceCategory::reporting, step);
  SampleSet samples;
  tell(listeners, "draw samples", step, [&](RunListener& listener) {
    if (samples.count() == 0) samples = procedure.sample({.count = count});
    listener.on_samples(step, samples);
  });
}

}  // namespace

TrainingLength length_of_training(const TrainOptions& options, const Schedule& schedule,
                                  const Sources& sources) {
  TrainingLength length{.steps_per_epoch = schedule.steps_per_epoch(batches_per_epoch(sources))};
  const std::int64_t before = schedule.steps_of_preparation();
  length.last_step =
      options.steps ? *options.steps : before + options.epochs.value_or(0) * length.steps_per_epoch;
  if (length.last_step > 0)
    length.epochs = schedule.epoch_of(length.last_step - 1, batches_per_epoch(sources)) + 1;
  return length;
}

TrainingEnd train(const TrainerSetting& setting, Procedure& procedure, const Sources& sources,
                  const Listeners& listeners, Communicator& communicator) {
  const TrainOptions& options = setting.options;
  const Schedule& schedule = procedure.schedule();
  const std::int64_t final_step = length_of_training(options, schedule, sources).last_step;
  const std::vector<std::int64_t> epoch_batches = batches_per_epoch(sources);
  CheckpointInfo position = setting.start;

  const Stopwatch run_clock;
  const auto is_out_of_time = [&] { return options.seconds && position.seconds >= *options.seconds; };
  const auto seconds_left = [&] {
    const double a_step = run_clock.seconds() / static_cast<double>(position.step - setting.start.step);
    const double of_steps = a_step * static_cast<double>(final_step - position.step);
    return options.seconds ? std::min(of_steps, std::max(0.0, *options.seconds - position.seconds))
                           : of_steps;
  };

  StepTimes times;
  SlowRanks slow_ranks;
  OverlapTrial trial(communicator.gradients());
  std::optional<std::uint32_t> checksum;
  double checkpoint_seconds = 0;
  bool stopping = false, finished = position.step >= final_step || is_out_of_time();
  if (finished && communicator.rank() == 0) tell_that_nothing_is_left(setting.start, options, final_step);
  while (!finished && !stopping) {
    // All ranks: one step of the procedure, from the global batches that its phase takes.
    const Phase& phase = schedule.phase_of(position.step);
    TakenStep taken = take_step(position.step, procedure, sources, communicator, times, trial, [&] {
      position.seconds = setting.start.seconds + run_clock.seconds();
      return is_out_of_time();
    });
    const std::int64_t epoch = schedule.epoch_of(position.step, epoch_batches) + 1;
    position.step += 1;
    position.scalars.clear();

    stopping = taken.stop_requested;
    finished = position.step >= final_step || taken.out_of_time;
    const bool ending = stopping || finished;
    const auto due = [&](std::int64_t every) { return ending || position.step % every == 0; };

    const bool measuring = options.measure_every && due(*options.measure_every);
    const bool reporting = measuring || due(options.report_every);
    const bool comparing = options.compare_every && position.step % *options.compare_every == 0;
    if (reporting || comparing || due(options.sample_every) || due(options.checkpoint_every)) {
      complete_step(position.step - 1, taken, procedure, communicator, times);
      procedure.settle();
    }
    if (comparing && !due(options.checkpoint_every))
      require_equal_replicas(checksum_state(procedure), position.step, communicator);
    if (reporting) {
      const TraceSpan span("report", TraceCategory::reporting, position.step);
      Report report{.step = position.step,
                    .epoch = epoch,
                    .phase = schedule.phases().size() > 1 ? phase.name : "",
                    .scalars = name_scalars(phase, taken.scalars),
                    .checkpoint_seconds = std::exchange(checkpoint_seconds, 0),
                    .seconds_left = seconds_left(),
                    .last = ending};
      fill_times(report, times, sources.front()->global_batch_size(), slow_ranks, communicator);
      times = {};
      agree_on_root(communicator, [&] {
        if (measuring) add_figures(report, procedure, setting.held_out);
        position.scalars = report.scalars;
        tell(listeners, "report", position.step, [&](RunListener& listener) { listener.on_report(report); });
      });
    }
    const auto show = [&] {
      if (due(options.sample_every))
        agree_on_root(communicator,
                      [&] { show_samples(listeners, position.step, procedure, setting.samples_shown); });
    };
    // Who goes on from a checkpoint finds all of its step done; who was asked to stop may have no time for
    // it.
    if (!stopping) show();
    if (due(options.checkpoint_every)) {
      const ScopedTimer timer(checkpoint_seconds);
      checksum = save_state(listeners, position, procedure, communicator);
    }
    if (stopping) show();
  }
  agree_on_root(communicator, [&] {
    tell(listeners, "end", position.step, [](RunListener& listener) { listener.on_end(); });
  });
  if (communicator.rank() == 0)
    spdlog::info("{} at step {}{}, state checksum {:08x}{}", finished ? "finished" : "stopped on request",
                 position.step, position.step > final_step ? "" : fmt::format(" of {}", final_step),
                 checksum ? *checksum : checksum_state(procedure), finished ? "" : "; go on with --resume");
  return finished ? TrainingEnd::finished : TrainingEnd::stopped_on_request;
}

}  // namespace ganymede
