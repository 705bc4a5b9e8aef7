// What the steps of a procedure are: phases, one after another, such as pre-training and what follows. A pure
// function of the step, so that a checkpoint needs nothing of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganymede {

struct Phase {
  std::string name;
  std::vector<std::string> scalars = {};   // that each of its steps reports, in this order
  std::vector<std::int64_t> batches = {};  // [source]: global batches that a step takes
  std::int64_t steps = 0;                  // of it; the last phase has no end, and 0 here
};

class Schedule {
 public:
  // At least one phase; all name the same number of sources.
  explicit Schedule(std::vector<Phase> phases);

  const std::vector<Phase>& phases() const { return phases_; }
  std::size_t sources() const { return phases_.front().batches.size(); }
  const Phase& phase_of(std::int64_t step) const { return phases_[number_of(step)]; }
  // Steps before its last phase.
  std::int64_t steps_of_preparation() const;

  // Global batches of the source that the steps before this one take.
  std::int64_t batches_before(std::int64_t step, std::size_t source) const;

  // batches_per_epoch: [source]. Steps of the last phase in which it meets every sample once, those of the
  // source that takes longest; and in which epoch of that a step is, from 0.
  std::int64_t steps_per_epoch(const std::vector<std::int64_t>& batches_per_epoch) const;
  std::int64_t epoch_of(std::int64_t step, const std::vector<std::int64_t>& batches_per_epoch) const;

 private:
  std::size_t number_of(std::int64_t step) const;
  std::size_t slowest_source(const std::vector<std::int64_t>& batches_per_epoch) const;

  std::vector<Phase> phases_;
};

}  // namespace ganymede
