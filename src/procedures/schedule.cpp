#include "procedures/schedule.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

Schedule::Schedule(std::vector<Phase> phases) : phases_(std::move(phases)) {
  ensure(!phases_.empty(), "a procedure has a phase");
  for (const Phase& phase : phases_) {
    const bool last = &phase == &phases_.back();
    ensure(phase.batches.size() == sources(), "each phase says what it takes of each source");
    ensure(last ? phase.steps == 0 : phase.steps > 0, "all phases but the last one have an end");
  }
}

std::size_t Schedule::number_of(std::int64_t step) const {
  std::size_t number = 0;
  for (; number + 1 < phases_.size() && step >= phases_[number].steps; ++number)
    step -= phases_[number].steps;
  return number;
}

std::int64_t Schedule::steps_of_preparation() const {
  std::int64_t steps = 0;
  for (const Phase& phase : phases_) steps += phase.steps;
  return steps;
}

std::int64_t Schedule::batches_before(std::int64_t step, std::size_t source) const {
  std::int64_t batches = 0;
  for (const Phase& phase : phases_) {
    const bool last = &phase == &phases_.back();
    const std::int64_t steps = last ? step : std::min(step, phase.steps);
    batches += steps * phase.batches[source];
    step -= steps;
  }
  return batches;
}

std::size_t Schedule::slowest_source(const std::vector<std::int64_t>& batches_per_epoch) const {
  const std::vector<std::int64_t>& batches = phases_.back().batches;
  std::size_t slowest = 0;
  for (std::size_t source = 1; source < sources(); ++source)
    if (batches_per_epoch[source] * batches[slowest] > batches_per_epoch[slowest] * batches[source])
      slowest = source;
  return slowest;
}

std::int64_t Schedule::steps_per_epoch(const std::vector<std::int64_t>& batches_per_epoch) const {
  const std::size_t source = slowest_source(batches_per_epoch);
  return batches_per_epoch[source] / std::max<std::int64_t>(1, phases_.back().batches[source]);
}

std::int64_t Schedule::epoch_of(std::int64_t step, const std::vector<std::int64_t>& batches_per_epoch) const {
  const std::size_t source = slowest_source(batches_per_epoch);
  const std::int64_t batches = batches_before(step + 1, source);
  return std::max<std::int64_t>(0, batches - 1) / batches_per_epoch[source];
}

}  // namespace ganymede
