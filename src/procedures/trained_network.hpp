// A network with all that its training needs.
#pragma once

#include "networks/network.hpp"
#include "optimization/gradient_averager.hpp"
#include "optimization/weight_average.hpp"
#include "procedures/procedure.hpp"
#include "procedures/update_options.hpp"

namespace ganymede {

// Virtual replicas of each global batch that a rank runs, one after another; one where there are none.
std::int64_t replicas_of_rank(const ProcedureSetting& setting, const Communicator& communicator);

// In the order in which the parts need each other; update() goes through them.
struct TrainedNetwork {
  // Collective. called: as a player. replicas_of_rank: backward passes of an update on this rank
  // (GradientAverager). numbers: of the steps that update it.
  TrainedNetwork(std::string called, std::shared_ptr<Network> made, const UpdateOptions& options,
                 std::int64_t replicas_of_rank, StepNumbers& numbers, Communicator& communicator);
  TrainedNetwork(TrainedNetwork&&) = delete;  // the averager refers to the arena

  // Clips the summed gradients, moves the weights, keeps them within the bound, moves their average; each
  // where it is asked for. Collective.
  void update();
  // Its optimizer is as new: what it remembers is of another objective's gradients.
  void forget_gradients();
  // Starts the average of the weights and of the running statistics. Collective.
  void start_average(double decay);
  Player as_player();

  const std::string name;
  std::shared_ptr<Network> network;
  ParameterArena arena;
  std::unique_ptr<Optimizer> optimizer;
  GradientAverager averager;
  std::optional<WeightAverage> average;
  std::optional<double> weight_bound;  // of the absolute value of each weight

 private:
  void clamp_weights(double bound);

  const at::Tensor rate_factor_;  // of the step that is taken
  const std::optional<double> clip_gradient_norm_;
};

// The gradients of networks that one backward pass reaches together (GradientAverager::Pending).
class PendingGradients {
 public:
  // They outlive this. Collective.
  explicit PendingGradients(const std::vector<TrainedNetwork*>& networks) {
    for (TrainedNetwork* trained : networks)
      pending_.emplace_back(new GradientAverager::Pending(trained->averager.begin()));
  }
  void next_replica() {
    for (const auto& pending : pending_) pending->next_replica();
  }
  void finish() {
    for (const auto& pending : pending_) pending->finish();
  }

 private:
  std::vector<std::unique_ptr<GradientAverager::Pending>> pending_;
};

}  // namespace ganymede
