// Where a run begins: at the checkpoint it goes on from, else at step 0.
#pragma once

#include "cli/run_plan.hpp"
#include "gans/gan.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

// Rank 0 loads the checkpoint; afterwards all ranks hold the same state. Refuses what would not go on as if
// nothing had happened: no usable checkpoint where there were some, or other data than before. Collective.
CheckpointInfo agree_on_start(const TrainArguments& arguments, const RunPlan& plan, CheckpointStore& store,
                              const DatasetIndex& index, Gan& gan, Communicator& communicator);

// Throws DataError, with that advice, unless the dataset is the one that the checkpoint was trained on.
void require_same_data(const TrainedOn& before, const TrainedOn& now, const std::string& advice);

}  // namespace ganymede
