#include "training/trainer.hpp"

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
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
void require_equal_replicas(const std::vector<Player>& players, std::int64_t step,
                            Communicator& communicator) {
  const at::Tensor mine = at::full({1}, static_cast<std::int64_t>(checksum_state(players)), at::kLong);
  const at::Tensor all = communicator.all_gather(mine);
  for (int rank = 1; rank < communicator.size(); ++rank)
    if (all[rank].item<std::int64_t>() != all[0].item<std::int64_t>())
      throw AgreedError(
          fmt::format("step {}: rank {} holds other weights than rank 0 (checksums {:08x} and {:08x}): "
                      "replicas must be equal; resume from the last checkpoint, and suspect that host",
                      step, rank, all[rank].item<std::int64_t>(), all[0].item<std::int64_t>()));
}

}  // namespace

std::int64_t last_step(const TrainOptions& options, std::int64_t steps_per_epoch) {
  return options.steps ? *options.steps : options.epochs.value_or(0) * steps_per_epoch;
}

TrainingEnd train(const TrainerSetting& setting, Gan& gan, BatchLoader& loader, const RunFolder& run,
                  Communicator& communicator) {
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
  StepTimes times;
  bool stopping = false, finished = position.step >= final_step;
  while (!finished && !stopping) {
    // All ranks: one update of every network from one global batch.
    const TakenStep taken = take_step(gan, loader, communicator, times, [&] {
      return options.seconds && run_clock.seconds() > *options.seconds;
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
      // Rank 0 alone writes; all ranks learn whether it could.
      agree_on_root(communicator, [&] {
        metrics_log->write(metrics);
        const double seconds_a_step =
            run_clock.seconds() / static_cast<double>(position.step - setting.start.step);
        progress->show(metrics, seconds_a_step * static_cast<double>(final_step - position.step), ending);
      });
    }
    if (due(options.sample_every))
      agree_on_root(communicator, [&] {
        const Samples samples = gan.sample({.count = picture_sample_count(setting.picture)});
        write_sample_picture(run.sample_grid(position.step), samples, setting.picture);
      });
    if (due(options.checkpoint_every)) {
      require_equal_replicas(players, position.step, communicator);
      agree_on_root(communicator,
                    [&] { save_checkpoint_on_root(run.checkpoints(), position, players, options.keep); });
    }
  }
  progress.reset();
  if (is_root)
    spdlog::info("{} at step {} of {}, state checksum {:08x}{}", finished ? "finished" : "stopped on request",
                 position.step, final_step, checksum_state(players), finished ? "" : "; go on with --resume");
  return finished ? TrainingEnd::finished : TrainingEnd::stopped_on_request;
}

}  // namespace ganymede
