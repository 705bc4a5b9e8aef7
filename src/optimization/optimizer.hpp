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

// RMSprop (Hinton's lecture 6e), uncentred and without momentum; epsilon is added to the root, as in PyTorch.
struct RmspropOptions {
  double learning_rate = 1e-2;
  double decay = 0.99;  // of the mean square; PyTorch's alpha
  double epsilon = 1e-8;
};

// Stochastic gradient descent with heavy-ball momentum, as in PyTorch: v = momentum v + g; w -= rate v.
struct SgdOptions {
  double learning_rate = 1e-2;
  double momentum = 0;
};

using OptimizerOptions = std::variant<AdamOptions, RmspropOptions, SgdOptions>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Updates the values that this rank owns from their summed gradients, at learning_rate x rate_factor,
  // which is a float64 number where they are.
  virtual void step(const at::Tensor& rate_factor) = 0;

  // Whether a step so far has made a value that is not finite, as a gradient that is not finite does; of this
  // rank's part. Where values live on a device, it waits for it.
  bool has_diverged() const { return not_finite_.item<std::int32_t>() != 0; }

  struct State {
    std::string name;
    at::Tensor tensor;
    bool like_arena;  // laid out and shared like its values; else [1], a number that each rank has of its own
  };
  // What a checkpoint needs to go on as if nothing had happened; the tensors share the optimizer's memory.
  virtual std::vector<State> state() = 0;

 protected:
  explicit Optimizer(const ParameterArena& arena)
      : not_finite_(at::zeros({1}, at::TensorOptions(at::kInt).device(arena.values().device()))) {}

  const at::Tensor not_finite_;  // int32 [1]
};

// The arena must outlive the optimizer. Collective.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, ParameterArena& arena);

}  // namespace ganymede
