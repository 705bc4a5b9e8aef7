// A training procedure: networks, optimizers and the order of their updates. The training loop, checkpoints
// and samples see only this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/batch.hpp"
#include "gans/phase_times.hpp"
#include "networks/network.hpp"
#include "optimization/optimizer.hpp"
#include "optimization/parameter_arena.hpp"

namespace ganymede {

// What one step did on this rank's rows. Summed over ranks and divided by the global batch size, the losses
// are those of the global batch before the update.
struct StepReport {
  double generator_loss_sum = 0, discriminator_loss_sum = 0;
};

// A network with all that training keeps for it. Checkpoints and checksums go over these by name.
struct Player {
  std::string name;
  std::shared_ptr<Network> network;
  ParameterArena& arena;
  Optimizer& optimizer;
  at::Tensor average = {};  // of the weights, laid out like the arena; undefined without one
  // Likewise of the running statistics, by their names in the network.
  std::vector<std::pair<std::string, at::Tensor>> average_buffers = {};
};

struct SampleRequest {
  std::int64_t first_place = 0;
  std::int64_t count = 0;
  // Of a conditional GAN: the class of all samples; without it they take turns, place modulo classes.
  std::optional<std::int64_t> label = {};
};

struct Samples {
  at::Tensor images;  // [count, channels, height, width], in the range of the recipe's pixels
  at::Tensor labels;  // int64 [count]; undefined without conditioning
};

class Gan {
 public:
  virtual ~Gan() = default;

  // How many global batches a step takes.
  virtual std::int64_t batches_per_step() const = 0;

  // One update of the generator, after those updates of the discriminator that the procedure puts before it,
  // from this rank's slices of that many consecutive global batches. Collective.
  virtual StepReport step(const std::vector<Batch>& batches) = 0;

  // Draws from the noise of places first_place ... of the sample stream: the same samples at every call and
  // on every rank. Uses the running statistics, or their average beside that of the weights. Not collective.
  virtual Samples sample(const SampleRequest& request) = 0;

  // Makes equal on all ranks what training lets differ: running statistics of local batches. Collective.
  virtual void average_running_statistics() = 0;

  virtual std::vector<Player> players() = 0;

  // Where the time of the steps so far went, on this rank.
  virtual const PhaseTimes& phase_times() const = 0;
};

}  // namespace ganymede
