// An exponential moving average of a network's weights (Yazıcı et al. 2019): samples from it are steadier
// than from the weights of any one step.
#pragma once

#include "optimization/parameter_arena.hpp"

namespace ganymede {

class WeightAverage {
 public:
  // Starts from the arena's present values. The arena must outlive the average. Collective.
  WeightAverage(ParameterArena& arena, double decay)
      : arena_(arena), decay_(decay), values_(arena.allocate_like_values()) {
    for_each_owned_part([](const at::Tensor& average, const at::Tensor& values) { average.copy_(values); });
    arena.publish();
  }

  // average = decay x average + (1 - decay) x values, of what this rank owns. Before ParameterArena::publish.
  void update() {
    for_each_owned_part(
        [&](const at::Tensor& average, const at::Tensor& values) { average.lerp_(values, 1 - decay_); });
  }

  const at::Tensor& values() const { return values_; }  // laid out and shared like the arena's

 private:
  template <typename Action>
  void for_each_owned_part(Action action) {
    at::NoGradGuard no_grad;
    const auto average = arena_.owned_parts(values_), values = arena_.owned_parts(arena_.values());
    for (std::size_t i = 0; i < average.size(); ++i) action(average[i], values[i]);
  }

  ParameterArena& arena_;
  const double decay_;
  at::Tensor values_;
};

// Lets a network compute with other values than its arena's for a while. On this rank alone.
class Substituted {
 public:
  // values is laid out like the arena and outlives this.
  Substituted(const ParameterArena& arena, const at::Tensor& values) : arena_(arena) { compute_with(values); }
  ~Substituted() { compute_with(arena_.values()); }
  Substituted(const Substituted&) = delete;
  Substituted& operator=(const Substituted&) = delete;

 private:
  void compute_with(const at::Tensor& flat) {
    at::NoGradGuard no_grad;
    for (const auto& slot : arena_.slots()) slot.parameter.set_data(arena_.view_of(flat, slot));
  }
  const ParameterArena& arena_;
};

}  // namespace ganymede
