// Optimizers work on a whole arena in one call; their state is laid out like the arena.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "optimization/parameter_arena.hpp"

namespace ganymede {

// Adam (Kingma and Ba 2015), with LibTorch's place for epsilon: after the bias correction.
struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

using OptimizerOptions = std::variant<AdamOptions>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Updates the arena's values from its gradients.
  virtual void step() = 0;

  struct State {
    std::string name;
    at::Tensor tensor;  // [elements of the arena], or [1] for a number that belongs to all parameters
  };
  // What a checkpoint needs to go on as if nothing had happened; the tensors share the optimizer's memory.
  virtual std::vector<State> state() = 0;
};

// The arena must outlive the optimizer.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, ParameterArena& arena);

}  // namespace ganymede
