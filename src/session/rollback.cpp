#include "session/rollback.hpp"

#include "base/clock.hpp"
#include "base/counted.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "reporting/sample_writer.hpp"
#include "training/divergence.hpp"

namespace ganymede {
namespace {

Attempt next_attempt(const Attempt& last, const OnDivergence& on_divergence, const Divergence& divergence) {
  const auto* roll_back = std::get_if<RollBack>(&on_divergence);
  if (!roll_back) throw divergence;
  if (last.rollbacks >= roll_back->times)
    throw Divergence(
        divergence.step, divergence.what_is_not_finite,
        fmt::format(", though it went back {} (train.on_divergence)", counted(last.rollbacks, "time")));
  return {.rollbacks = last.rollbacks + 1, .rate_factor = last.rate_factor * roll_back->learning_rate};
}

void tell_of_rollback(const Divergence& divergence, const CheckpointInfo& start, std::int64_t most) {
  const auto& [rollbacks, rate_factor] = start.attempt;
  spdlog::warn(
      "step {}: {}: training has diverged; it goes back to step {} and on from there with other random "
      "numbers{}: rollback {} of {}",
      divergence.step, divergence.what_is_not_finite, start.step,
      rate_factor == 1 ? "" : fmt::format(" and {:.6g} times the recipe's learning rates", rate_factor),
      rollbacks, most);
}

// As go_back does, but an error says what led to it.
Trainee go_back_from(const Divergence& divergence, const RunParts& run, const Rollback& rollback) try {
  return go_back(run, rollback);
} catch (const AgreedError& error) {
  throw AgreedError(fmt::format("step {}: {}: training has diverged, and cannot go back: {}", divergence.step,
                                divergence.what_is_not_finite, error.what()),
                    error.exit_code());
}

}  // namespace

TrainingEnd train_with_rollbacks(const RunParts& run, Trainee trainee, std::vector<Batch> held_out) {
  Communicator& communicator = run.communicator;
  TrainerSetting setting{.options = run.plan.recipe.train,
                         .start = {},
                         .samples_shown = shown_samples(trainee.procedure->sample_form()),
                         .held_out = std::move(held_out)};
  while (true) {
    setting.start = trainee.start;
    Listeners listeners = make_listeners(run, trainee);
    const Stopwatch clock;
    std::optional<Divergence> divergence;
    try {
      return train(setting, *trainee.procedure, trainee.sources, listeners, communicator);
    } catch (const Divergence& found) {
      divergence = found;
    }
    const Rollback rollback{
        .attempt = next_attempt(trainee.start.attempt, setting.options.on_divergence, *divergence),
        .seconds = trainee.start.seconds + clock.seconds()};
    agree_on_root(communicator, [&] {
      tell(listeners, "go back", divergence->step, [](RunListener& listener) { listener.on_divergence(); });
    });
    // Threads end, and memory is free, before others are made.
    listeners.clear();
    trainee = {};
    trainee = go_back_from(*divergence, run, rollback);
    if (communicator.rank() == 0)
      tell_of_rollback(*divergence, trainee.start, std::get<RollBack>(setting.options.on_divergence).times);
  }
}

}  // namespace ganymede
