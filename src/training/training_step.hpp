// One step of training as all ranks take it together: `train` and `bench` run the same one.
#pragma once

#include <functional>

#include "data/batch_loader.hpp"
#include "distributed/communicator.hpp"
#include "gans/gan.hpp"

namespace ganymede {

// Where the wall time of a number of steps went, on this rank.
struct StepTimes {
  std::int64_t steps = 0;
  double step_seconds = 0, data_seconds = 0, communication_seconds = 0;
};

// What all ranks know of a step, from one small all-reduce a step.
struct TakenStep {
  double generator_loss = 0, discriminator_loss = 0;  // of the global batch, before the update
  bool stop_requested = false;                        // by a signal, on any rank
  bool out_of_time = false;                           // by rank 0's clock
  std::int64_t epoch = 0;                             // from 0
  std::int64_t global_batch_size = 0;
};

// One update of every network from the loader's next batches; adds to `times`. Rank 0's is_out_of_time, asked
// after the update, holds for all ranks. Collective. Throws AgreedError when a loss is no longer finite.
TakenStep take_step(Gan& gan, BatchLoader& loader, Communicator& communicator, StepTimes& times,
                    const std::function<bool()>& is_out_of_time);

}  // namespace ganymede
