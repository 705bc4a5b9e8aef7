// Where a run begins, or goes back to: at a checkpoint, else at step 0.
#pragma once

#include "procedures/procedure.hpp"
#include "session/run_plan.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

// Rank 0 loads the checkpoint; afterwards all ranks hold the same state. Refuses what would not go on as if
// nothing had happened: no usable checkpoint where there were some, or other data than before. Collective.
CheckpointInfo agree_on_start(const TrainArguments& arguments, const RunPlan& plan, CheckpointStore& store,
                              const std::vector<DatasetIndex>& indices, Procedure& procedure,
                              Communicator& communicator);

// What goes on where a run goes back.
struct Rollback {
  Attempt attempt;
  double seconds = 0;  // of training so far, by rank 0's clock
};

// The same where training has diverged: the newest checkpoint that can be used, else step 0, at which the
// procedure stands. Collective.
CheckpointInfo agree_on_rollback(const Rollback& rollback, const RunPlan& plan, CheckpointStore& store,
                                 const std::vector<DatasetIndex>& indices, Procedure& procedure,
                                 Communicator& communicator);

// Throws DataError, with that advice, unless the datasets are those that the checkpoint was trained on.
void require_same_data(const std::vector<TrainedOn>& before, const std::vector<TrainedOn>& now,
                       const std::string& advice);

}  // namespace ganymede
