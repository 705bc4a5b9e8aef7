// How one network is trained, and by what batches.
#pragma once

#include <optional>

#include "optimization/learning_rate_schedule.hpp"
#include "optimization/optimizer.hpp"

namespace ganymede {

struct UpdateOptions {
  OptimizerOptions optimizer;
  LearningRateSchedule schedule = {};
  std::optional<double> clip_gradient_norm = {};  // of all gradients of the network together
  bool spectral_norm = false;
};

struct BatchOptions {
  std::int64_t global_batch_size = 0;
  std::optional<std::int64_t> replicas = {};  // virtual, in reproducible mode
};

}  // namespace ganymede
