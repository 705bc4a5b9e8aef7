// An exponential moving average of a network's weights (Yazıcı et al. 2019): samples from it are steadier
// than from the weights of any one step.
#pragma once

#include "optimization/parameter_arena.hpp"

namespace ganymede {

class WeightAverage {
 public:
  // Starts from the arena's present values. The arena must outlive the average.
  WeightAverage(ParameterArena& arena, double decay)
      : arena_(arena), decay_(decay), values_(arena.values().detach().clone()) {}

  // average = decay x average + (1 - decay) x values
  void update() {
    at::NoGradGuard no_grad;
    values_.lerp_(arena_.values(), 1 - decay_);
  }

  const at::Tensor& values() const { return values_; }  // laid out like the arena

 private:
  ParameterArena& arena_;
  const double decay_;
  at::Tensor values_;
};

// Puts other values into an arena for a while.
class Substituted {
 public:
  Substituted(ParameterArena& arena, const at::Tensor& values)
      : arena_(arena), own_(arena.values().clone()) {
    arena_.values().copy_(values);
  }
  ~Substituted() { arena_.values().copy_(own_); }
  Substituted(const Substituted&) = delete;
  Substituted& operator=(const Substituted&) = delete;

 private:
  ParameterArena& arena_;
  const at::Tensor own_;
};

}  // namespace ganymede
