// Where a run begins: at the checkpoint it goes on from, else at step 0.
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

// Throws DataError, with that advice, unless the datasets are those that the checkpoint was trained on.
void require_same_data(const std::vector<TrainedOn>& before, const std::vector<TrainedOn>& now,
                       const std::string& advice);

}  // namespace ganymede
