// One step of training as all ranks take it together: `train` and `bench` run the same one.
#pragma once

#include <functional>

#include "data/loading/batch_loader.hpp"
#include "distributed/communicator.hpp"
#include "distributed/overlap_trial.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

// What a run trains from: [source]. Each stands where the procedure's schedule has it before the next step.
using Sources = std::vector<std::unique_ptr<BatchLoader>>;

// [source]
std::vector<std::int64_t> batches_per_epoch(const Sources& sources);

// Where the wall time of a number of steps went, on this rank.
struct StepTimes {
  std::int64_t steps = 0;
  double step_seconds = 0, data_seconds = 0, communication_seconds = 0;
};

// What all ranks know of a step, from one small all-reduce a step.
struct TakenStep {
  std::vector<double> scalars;  // of the phase, in its order; empty where they are still on a device
  at::Tensor on_device = {};    // this rank's parts of them, then
  bool stop_requested = false;  // by a signal, on any rank
  bool out_of_time = false;     // by rank 0's clock
  bool diverged = false;        // a weight, or a gradient, is no longer finite on some rank
};

// Step number `step`, from the sources' next batches; adds to `times` and tells the trial. Rank 0's
// is_out_of_time, asked after the update, holds for all ranks. Collective. Throws Divergence when a scalar,
// a gradient or a weight is no longer finite, which it names. Waits for nothing that a device other than the
// host is doing.
TakenStep take_step(std::int64_t step, Procedure& procedure, const Sources& sources,
                    Communicator& communicator, StepTimes& times, OverlapTrial& trial,
                    const std::function<bool()>& is_out_of_time);

// Waits until the device has taken step number `step`, brings its scalars to the host, with the same error,
// and adds the time to that of the steps. Collective.
void complete_step(std::int64_t step, TakenStep& taken, Procedure& procedure, Communicator& communicator,
                   StepTimes& times);

}  // namespace ganymede
