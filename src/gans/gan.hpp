// A training procedure: networks, optimizers and the order of their updates. The training loop, checkpoints
// and samples see only this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/batch.hpp"
#include "networks/network.hpp"
#include "optimization/optimizer.hpp"
#include "optimization/parameter_arena.hpp"

namespace ganymede {

// What one step did on this rank's rows. Summed over ranks and divided by the global batch size, the losses
// are those of the global batch before the update.
struct StepReport {
  at::Tensor generator_loss_sum;      // scalar
  at::Tensor discriminator_loss_sum;  // scalar
};

// A network with all that training keeps for it. Checkpoints and checksums go over these by name.
struct Player {
  std::string name;
  std::shared_ptr<Network> network;
  ParameterArena& arena;
  Optimizer& optimizer;
};

class Gan {
 public:
  virtual ~Gan() = default;

  // One update of every network from this rank's slice of a global batch. Collective.
  virtual StepReport step(const Batch& batch) = 0;

  // Images [count, channels, height, width] in [-1, 1] from the noise of places first_place ... of the sample
  // stream: the same images at every call and on every rank. Uses the running statistics. Not collective.
  virtual at::Tensor sample(std::int64_t first_place, std::int64_t count) = 0;

  virtual std::vector<Player> players() = 0;
};

}  // namespace ganymede
