#include "training/training_step.hpp"

#include <cmath>

#include "base/clock.hpp"
#include "distributed/agreement.hpp"
#include "training/divergence.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

TakenStep gather_verdict(const StepReport& report, const Batch& batch, bool out_of_time,
                         Communicator& communicator) {
  const at::Tensor sums =
      at::tensor({report.generator_loss_sum, report.discriminator_loss_sum, stop_requested() ? 1.0 : 0.0,
                  out_of_time && communicator.rank() == 0 ? 1.0 : 0.0},
                 at::kDouble);
  communicator.all_reduce_sum_(sums);
  const auto* values = sums.const_data_ptr<double>();
  const auto size = static_cast<double>(batch.global_batch_size);
  return {.generator_loss = values[0] / size,
          .discriminator_loss = values[1] / size,
          .stop_requested = values[2] > 0,
          .out_of_time = values[3] > 0,
          .epoch = batch.epoch,
          .global_batch_size = batch.global_batch_size};
}

void require_finite(const TakenStep& taken, std::int64_t step) {
  for (const auto& [name, loss] : {std::pair{"generator_loss", taken.generator_loss},
                                   std::pair{"discriminator_loss", taken.discriminator_loss}})
    if (!std::isfinite(loss))
      throw AgreedError(describe_divergence(step, fmt::format("{} is {}", name, loss)));
}

}  // namespace

TakenStep take_step(Gan& gan, BatchLoader& loader, Communicator& communicator, StepTimes& times,
                    const std::function<bool()>& is_out_of_time) {
  const Stopwatch step_clock;
  const double communication_before = communicator.seconds();
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < gan.batches_per_step(); ++i) batches.push_back(loader.next());
  const Batch& batch = batches.back();
  times.data_seconds += step_clock.seconds();
  const StepReport report = gan.step(batches);
  const TakenStep taken = gather_verdict(report, batch, is_out_of_time(), communicator);
  times.communication_seconds += communicator.seconds() - communication_before;
  times.step_seconds += step_clock.seconds();
  times.steps += 1;
  require_finite(taken, batch.step / gan.batches_per_step() + 1);
  return taken;
}

}  // namespace ganymede
