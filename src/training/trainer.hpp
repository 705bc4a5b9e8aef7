// The training loop.
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/procedure.hpp"
#include "training/checkpoint.hpp"
#include "training/run_listener.hpp"
#include "training/train_options.hpp"
#include "training/training_step.hpp"

namespace ganymede {

struct TrainerSetting {
  TrainOptions options;
  CheckpointInfo start;            // step 0, or where the checkpoint stands
  std::int64_t samples_shown = 0;  // that are drawn for listeners at a time
  std::vector<Batch> held_out =
      {};  // for the procedure's figures: on rank 0, a batch of each source, or none
};

enum class TrainingEnd { finished, stopped_on_request };

// How far a run goes, and how it counts.
struct TrainingLength {
  std::int64_t last_step = 0;        // updates done when training is complete
  std::int64_t steps_per_epoch = 0;  // of the procedure's last phase
  std::int64_t epochs = 0;           // begun by then
};
TrainingLength length_of_training(const TrainOptions& options, const Schedule& schedule,
                                  const Sources& sources);

// Trains from setting.start until the last step, the time limit or a stop signal, and tells the listeners,
// which only rank 0 has; the last step is always reported, shown and saved. The sources stand at the start
// position. Collective. Throws Divergence when a scalar, a gradient or a weight is no longer finite,
// and AgreedError when replicas differ, or when an essential listener fails.
TrainingEnd train(const TrainerSetting& setting, Procedure& procedure, const Sources& sources,
                  const Listeners& listeners, Communicator& communicator);

}  // namespace ganymede
