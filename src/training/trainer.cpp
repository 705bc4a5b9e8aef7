#include "training/trainer.hpp"

#include "base/clock.hpp"
#include "base/failure.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "training/divergence.hpp"
#include "training/metrics.hpp"
#include "training/progress.hpp"
#include "training/training_step.hpp"

namespace ganymede {
namespace {

// Fills the timing fields with means over ranks. Samples and checkpoints are not steps. Collective.
void fill_times(Metrics& metrics, const StepTimes& times, std::int64_t global_batch_size,
                Communicator& communicator) {
  const at::Tensor means =
      at::tensor({times.step_seconds, times.data_seconds, times.communication_seconds}, at::kDouble);
  communicator.all_reduce_sum_(means);
  means.div_(communicator.size());
  const auto* values = means.const_data_ptr<double>();
  metrics.samples_per_second = static_cast<double>(times.steps * global_batch_size) / values[0];
  metrics.data_seconds = values[1];
  metrics.communication_seconds = values[2];
  metrics.compute_seconds = values[0] - values[1] - values[2];
}

// Every replica holds the same bits, or something is badly wrong with this machine or this program.
void require_equal_replicas(std::uint32_t checksum, std::int64_t step, Communicator& communicator) {
  const at::Tensor mine = at::full({1}, static_cast<std::int64_t>(checksum), at::kLong);
  const at::Tensor all = communicator.all_gather(mine);
  for (int rank = 1; rank < communicator.size(); ++rank)
    if (all[rank].item<std::int64_t>() != all[0].item<std::int64_t>())
      throw AgreedError(
          fmt::format("step {}: rank {} holds other weights than rank 0 (checksums {:08x} and {:08x}): "
                      "replicas must be equal; resume from the last checkpoint, and suspect that host",
                      step, rank, all[rank].item<std::int64_t>(), all[0].item<std::int64_t>()));
}

// What only reports costs a warning where it fails, never a checkpoint.
template <typename Work>
void try_to(std::string_view what, std::int64_t step, const Work& work) try {
  work();
} catch (const std::exception& error) {
  spdlog::warn("step {}: cannot {}: {}; training goes on", step, what, describe_failure(error).message);
}

// Writes the state of all ranks; returns its checksum. Collective.
std::uint32_t save_state(CheckpointStore& store, const CheckpointInfo& position,
                         const std::vector<Player>& players, std::int64_t keep, Communicator& communicator) {
  const bool is_root = communicator.rank() == 0;
  const TrainingState state = is_root ? take_snapshot(players) : view_state(players);
  const std::uint32_t checksum = checksum_state(state);
  require_equal_replicas(checksum, position.step, communicator);
  agree_on_root(communicator, [&] {
    if (const auto name = find_not_finite(state))
      throw Error(describe_divergence(position.step, *name + " is not finite"));
    store.save(position, state, keep);
  });
  return checksum;
}

}  // namespace

std::int64_t last_step(const TrainOptions& options, std::int64_t steps_per_epoch) {
  return options.steps ? *options.steps : options.epochs.value_or(0) * steps_per_epoch;
}

TrainingEnd train(const TrainerSetting& setting, Gan& gan, BatchLoader& loader, const RunFolder& run,
                  CheckpointStore& store, Communicator& communicator) {
  const TrainOptions& options = setting.options;
  const std::int64_t final_step = last_step(options, setting.steps_per_epoch);
  const bool is_root = communicator.rank() == 0;
  const std::vector<Player> players = gan.players();
  CheckpointInfo position = setting.start;

  std::optional<MetricsLog> metrics_log;
  std::optional<Progress> progress;
  agree_on_root(communicator, [&] {
    metrics_log.emplace(run.metrics(), position.step);
    progress.emplace(final_step, (final_step + setting.steps_per_epoch - 1) / setting.steps_per_epoch,
                     setting.on_terminal);
  });

  const Stopwatch run_clock;
  const auto is_out_of_time = [&] { return options.seconds && position.seconds >= *options.seconds; };
  const auto seconds_left = [&] {
    const double a_step = run_clock.seconds() / static_cast<double>(position.step - setting.start.step);
    const double of_steps = a_step * static_cast<double>(final_step - position.step);
    return options.seconds ? std::min(of_steps, std::max(0.0, *options.seconds - position.seconds))
                           : of_steps;
  };

  StepTimes times;
  std::optional<std::uint32_t> checksum;
  bool stopping = false, finished = position.step >= final_step || is_out_of_time();
  while (!finished && !stopping) {
    // All ranks: one update of every network from one global batch.
    const TakenStep taken = take_step(gan, loader, communicator, times, [&] {
      position.seconds = setting.start.seconds + run_clock.seconds();
      return is_out_of_time();
    });
    position.step += 1;

    stopping = taken.stop_requested;
    finished = position.step >= final_step || taken.out_of_time;
    const bool ending = stopping || finished;
    const auto due = [&](std::int64_t every) { return ending || position.step % every == 0; };

    if (due(options.report_every) || due(options.sample_every) || due(options.checkpoint_every))
      gan.average_running_statistics();
    if (due(options.report_every)) {
      Metrics metrics{.step = position.step,
                      .epoch = taken.epoch + 1,
                      .generator_loss = taken.generator_loss,
                      .discriminator_loss = taken.discriminator_loss};
      fill_times(metrics, times, taken.global_batch_size, communicator);
      times = {};
      if (is_root)
        try_to("report", position.step, [&] {
          progress->show(metrics, seconds_left(), ending);
          metrics_log->write(metrics);
        });
    }
    if (due(options.checkpoint_every))
      checksum = save_state(store, position, players, options.keep, communicator);
    if (due(options.sample_every) && is_root)
      try_to("draw samples", position.step, [&] {
        const Samples samples = gan.sample({.count = picture_sample_count(setting.picture)});
        write_sample_picture(run.sample_grid(position.step), samples, setting.picture);
      });
  }
  progress.reset();
  if (is_root)
    spdlog::info("{} at step {} of {}, state checksum {:08x}{}", finished ? "finished" : "stopped on request",
                 position.step, final_step, checksum ? *checksum : checksum_state(players),
                 finished ? "" : "; go on with --resume");
  return finished ? TrainingEnd::finished : TrainingEnd::stopped_on_request;
}

}  // namespace ganymede
