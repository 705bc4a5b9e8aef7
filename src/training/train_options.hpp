// How long to train, and what to leave in the run folder on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace ganymede {

enum class Extreme { lowest, highest };

// Of a number that reports have, by its name.
struct BestOptions {
  std::string scalar;
  Extreme of = Extreme::lowest;
};

// Which checkpoints stay; any of these is enough.
struct KeepOptions {
  std::int64_t newest = 3;                 // so many that are intact
  std::optional<std::int64_t> every = {};  // those whose step is a multiple
  std::optional<BestOptions> best = {};    // the one with the best value
};

enum class CheckpointFailure { stop, warn };

// What a loss, a gradient or a weight that is not finite does to training.
struct StopAtDivergence {};
// It goes on from the newest checkpoint that is intact, or from the start where there is none, at another
// attempt.
struct RollBack {
  std::int64_t times = 3;      // at most, in a run
  double learning_rate = 0.5;  // what every learning rate is multiplied by each time
};
using OnDivergence = std::variant<StopAtDivergence, RollBack>;

struct TrainOptions {
  std::optional<std::int64_t> steps = {};  // wins over epochs
  std::optional<std::int64_t> epochs = {};
  std::optional<double> seconds = {};              // ends training earlier, with a checkpoint
  std::int64_t report_every = 50;                  // steps
  std::int64_t sample_every = 200;                 // steps
  std::optional<std::int64_t> measure_every = {};  // steps between the procedure's figures
  std::int64_t checkpoint_every = 1000;            // steps
  KeepOptions keep = {};
  // Steps between comparisons of the replicas, which checkpoints compare in any case.
  std::optional<std::int64_t> compare_every = {};
  // What a checkpoint that cannot be written does to training. Without its last one no run succeeds.
  CheckpointFailure on_checkpoint_failure = CheckpointFailure::stop;
  OnDivergence on_divergence = {};
};

}  // namespace ganymede
