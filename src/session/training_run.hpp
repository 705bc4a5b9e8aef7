// A whole run of `train`: from its arguments to its last checkpoint.
#pragma once

#include "session/run_plan.hpp"
#include "training/trainer.hpp"

namespace ganymede {

// Collective.
TrainingEnd run_training(const TrainArguments& arguments, Communicator& communicator);

}  // namespace ganymede
