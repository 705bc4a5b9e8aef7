// How long to train, and what to leave in the run folder on the way.
#pragma once

#include <cstdint>
#include <optional>

namespace ganymede {

struct TrainOptions {
  std::optional<std::int64_t> steps = {};  // wins over epochs
  std::optional<std::int64_t> epochs = {};
  std::optional<double> seconds = {};              // ends training earlier, with a checkpoint
  std::int64_t report_every = 50;                  // steps
  std::int64_t sample_every = 200;                 // steps
  std::optional<std::int64_t> measure_every = {};  // steps between the procedure's figures
  std::int64_t checkpoint_every = 1000;            // steps
  std::int64_t keep = 3;                           // newest checkpoints that stay
};

}  // namespace ganymede
