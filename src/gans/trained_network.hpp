// A network with all that its training needs.
#pragma once

#include "gans/adversarial_options.hpp"
#include "gans/gan.hpp"
#include "optimization/gradient_averager.hpp"
#include "optimization/weight_average.hpp"

namespace ganymede {

// In the order in which the parts need each other; update() goes through them.
struct TrainedNetwork {
  TrainedNetwork(std::shared_ptr<Network> made, const UpdateOptions& options, Communicator& communicator);
  TrainedNetwork(TrainedNetwork&&) = delete;  // the averager refers to the arena

  // Clips the averaged gradients, moves the weights, and their average where there is one.
  void update(std::int64_t step);
  Player as_player(const std::string& name);

  std::shared_ptr<Network> network;
  ParameterArena arena;
  std::unique_ptr<Optimizer> optimizer;
  GradientAverager averager;
  std::optional<WeightAverage> average;

 private:
  const LearningRateSchedule schedule_;
  const std::optional<double> clip_gradient_norm_;
};

}  // namespace ganymede
