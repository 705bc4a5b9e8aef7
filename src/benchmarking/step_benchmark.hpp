// How fast training steps are, and where their time goes.
#pragma once

#include "base/spread.hpp"
#include "training/training_step.hpp"

namespace ganymede {

struct StepBenchmarkOptions {
  double seconds = 10;        // of measured steps, about; warm-up comes on top of them
  std::int64_t repeats = 10;  // parts of equal numbers of steps
  // Warm-up begins with these: they allocate memory and fill the loader's queue.
  std::int64_t first_steps = 3;
  std::int64_t steps_before = 0;  // that the procedure and the sources have taken
};

// Seconds of one step: means over ranks. All but communication_total together are the step.
struct StepSeconds {
  double step = 0;
  double data = 0;                   // waiting for batches
  double communication_exposed = 0;  // that the compute thread waits, for other ranks included
  double communication_total = 0;    // with what happens while it computes
  std::vector<double> parts = {};    // of the procedure (Procedure::step_parts)

  // Drawing numbers, and whatever nobody else counts.
  double rest() const;
};

struct StepMeasurement {
  std::int64_t global_batch_size = 0;
  std::int64_t warm_up_steps = 0;  // before the first repeat, in none of the numbers
  std::int64_t steps_per_repeat = 0;
  std::int64_t steps() const { return warm_up_steps + steps_per_repeat * std::ssize(repeats); }
  std::vector<std::string> parts;  // names of the procedure's
  std::vector<StepSeconds> repeats;
  // Each measured step was a recording that the device did in one piece (StepGraphs): nobody saw its parts.
  bool replayed = false;

  StepSeconds mean() const;
  // What the mean step is made of, by name: data, exposed communication, the parts or the whole that was
  // replayed until the device had done it, the rest.
  std::vector<StepPart> mean_parts() const;
  Spread step_seconds() const;
  Spread samples_per_second() const;  // over all ranks: global batch / step
};

// Trains: the sources and the weights move on. Collective.
StepMeasurement measure_steps(Procedure& procedure, const Sources& sources, Communicator& communicator,
                              const StepBenchmarkOptions& options);

}  // namespace ganymede
