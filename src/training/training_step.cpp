#include "training/training_step.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/printable.hpp"
#include "base/trace.hpp"
#include "distributed/agreement.hpp"
#include "procedures/training_state.hpp"
#include "training/divergence.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

StepData take_batches(const Phase& phase, const Sources& sources) {
  const TraceSpan span("data", TraceCategory::data);
  StepData data(sources.size());
  for (std::size_t source = 0; source < sources.size(); ++source)
    for (std::int64_t i = 0; i < phase.batches[source]; ++i) data[source].push_back(sources[source]->next());
  return data;
}

std::vector<double> numbers_of(const at::Tensor& tensor) {
  const auto* values = tensor.const_data_ptr<double>();
  return {values, values + tensor.numel()};
}

// Whether a part of the weights that this rank updates has become something that is no number.
bool has_diverged(Procedure& procedure) {
  const std::vector<Player> players = procedure.players();
  return std::any_of(players.begin(), players.end(),
                     [](const Player& player) { return player.optimizer.has_diverged(); });
}

// Who wants to stop, and of scalars in host memory the parts of all ranks together, with whether they
// diverge.
TakenStep gather_verdict(const at::Tensor& parts, bool out_of_time, Procedure& procedure,
                         Communicator& communicator) {
  const bool on_host = parts.is_cpu();
  std::vector<double> numbers = on_host ? numbers_of(parts) : std::vector<double>();
  const std::size_t scalars = numbers.size();
  numbers.push_back(stop_requested() ? 1 : 0);
  numbers.push_back(out_of_time && communicator.rank() == 0 ? 1 : 0);
  numbers.push_back(on_host && has_diverged(procedure) ? 1 : 0);
  const at::Tensor sums = at::tensor(numbers, at::kDouble);
  communicator.all_reduce_sum_(sums);
  const auto* values = sums.const_data_ptr<double>();
  return {.scalars = {values, values + scalars},
          .on_device = on_host ? at::Tensor() : parts,
          .stop_requested = values[scalars] > 0,
          .out_of_time = values[scalars + 1] > 0,
          .diverged = values[scalars + 2] > 0};
}

void require_finite(const TakenStep& taken, const Phase& phase, std::int64_t step, Procedure& procedure,
                    Communicator& communicator) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < taken.scalars.size(); ++i)
    if (!std::isfinite(taken.scalars[i]))
      found.push_back(fmt::format("{} is {}", phase.scalars[i], printable(taken.scalars[i])));
  if (found.empty() && !taken.diverged) return;
  if (const auto name = find_not_finite(view_state(procedure)))
    found.push_back(*name + " is not finite");
  else if (taken.diverged)
    found.emplace_back("an update was not finite before weights were clipped");
  // Statistics that are a rank's own may not be finite on some ranks only.
  throw Divergence(step, broadcast_text(communicator, fmt::format("{}", fmt::join(found, ", "))));
}

}  // namespace

std::vector<std::int64_t> batches_per_epoch(const Sources& sources) {
  std::vector<std::int64_t> batches;
  for (const auto& source : sources) batches.push_back(source->batches_per_epoch());
  return batches;
}

TakenStep take_step(std::int64_t step, Procedure& procedure, const Sources& sources,
                    Communicator& communicator, StepTimes& times, OverlapTrial& trial,
                    const std::function<bool()>& is_out_of_time) {
  const Stopwatch step_clock;
  const TraceSpan span("step", TraceCategory::step, step + 1);
  communicator.board()->note_step(step + 1);
  const double communication_before = communicator.seconds();
  const Phase& phase = procedure.schedule().phase_of(step);
  const StepData data = take_batches(phase, sources);
  times.data_seconds += step_clock.seconds();
  const at::Tensor parts = procedure.step(step, data);
  const TakenStep taken = gather_verdict(parts, is_out_of_time(), procedure, communicator);
  times.communication_seconds += communicator.seconds() - communication_before;
  const double step_seconds = step_clock.seconds();
  times.step_seconds += step_seconds;
  times.steps += 1;
  trial.note_step(step_seconds);
  require_finite(taken, phase, step + 1, procedure, communicator);
  return taken;
}

void complete_step(std::int64_t step, TakenStep& taken, Procedure& procedure, Communicator& communicator,
                   StepTimes& times) {
  if (!taken.on_device.defined()) return;
  const Stopwatch clock;
  communicator.gradients().wait();
  std::vector<double> numbers = numbers_of(taken.on_device.cpu());
  numbers.push_back(has_diverged(procedure) ? 1 : 0);
  const at::Tensor sums = at::tensor(numbers, at::kDouble);
  communicator.all_reduce_sum_(sums);
  taken.scalars = numbers_of(sums);
  taken.diverged = taken.scalars.back() > 0;
  taken.scalars.pop_back();
  taken.on_device.reset();
  times.step_seconds += clock.seconds();
  require_finite(taken, procedure.schedule().phase_of(step), step + 1, procedure, communicator);
}

}  // namespace ganymede
