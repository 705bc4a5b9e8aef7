// What trains between two rollbacks of a run, and who listens to it.
#pragma once

#include "session/training_start.hpp"
#include "training/run_listener.hpp"
#include "training/training_step.hpp"

namespace ganymede {

// What a run keeps from its first step to its last, wherever it goes back to.
struct RunParts {
  const TrainArguments& arguments;
  const RunPlan& plan;
  const std::vector<DatasetIndex>& indices;  // [source]
  at::Device device;
  CheckpointStore& store;
  Communicator& communicator;
};

// A procedure and its sources, which stand at the start.
struct Trainee {
  std::unique_ptr<Procedure> procedure = nullptr;
  CheckpointInfo start = {};
  Sources sources = {};
};

// Where the run begins (agree_on_start), or goes back to (agree_on_rollback). Collective.
Trainee begin_run(const RunParts& run);
Trainee go_back(const RunParts& run, const Rollback& rollback);

// The listeners of rank 0, which leave nothing of steps after the start; none elsewhere. Collective.
Listeners make_listeners(const RunParts& run, const Trainee& trainee);

}  // namespace ganymede
