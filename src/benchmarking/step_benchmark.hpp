// How fast training steps are, and where their time goes.
#pragma once

#include "benchmarking/spread.hpp"
#include "training/training_step.hpp"

namespace ganymede {

struct StepBenchmarkOptions {
  double seconds = 10;        // of measured steps, about; warm-up comes on top of them
  std::int64_t repeats = 10;  // parts of equal numbers of steps
  // Warm-up begins with these: they allocate memory and fill the loader's queue.
  std::int64_t first_steps = 3;
};

// Seconds of one step: means over ranks. All but communication_total together are the step.
struct StepSeconds {
  double step = 0;
  double data = 0;                   // waiting for batches
  PhaseTimes compute;                // what the GAN says
  double communication_exposed = 0;  // that the compute thread waits, for other ranks included
  double communication_total = 0;    // with what happens while it computes

  // Drawing numbers, and whatever nobody else counts.
  double rest() const {
    return step - data - compute.generator_forward - compute.generator_backward -
           compute.discriminator_forward - compute.discriminator_backward - compute.optimizer -
           communication_exposed;
  }
};

struct StepMeasurement {
  std::int64_t global_batch_size = 0;
  std::int64_t warm_up_steps = 0;  // before the first repeat, in none of the numbers
  std::int64_t steps_per_repeat = 0;
  std::vector<StepSeconds> repeats;

  StepSeconds mean() const;
  Spread step_seconds() const;
  Spread samples_per_second() const;  // over all ranks: global batch / step
};

// Trains: the loader and the weights move on. Collective.
StepMeasurement measure_steps(Gan& gan, BatchLoader& loader, Communicator& communicator,
                              const StepBenchmarkOptions& options);

}  // namespace ganymede
