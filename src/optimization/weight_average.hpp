// An exponential moving average of a network's weights (Yazıcı et al. 2019) and of the statistics that go
// with them: samples from it are steadier than from the weights of any one step.
#pragma once

#include "optimization/parameter_arena.hpp"

namespace ganymede {

class WeightAverage {
 public:
  // Starts from the arena's present values and those of `statistics`, buffers that every rank has. The arena
  // must outlive the average. Collective.
  WeightAverage(ParameterArena& arena, double decay, std::vector<at::Tensor> statistics = {})
      : arena_(arena), decay_(decay), values_(arena.allocate_like_values()) {
    for (at::Tensor& buffer : statistics)
      statistics_.push_back({.buffer = buffer, .average = buffer.detach().clone()});
    for_each_owned_part([](const at::Tensor& average, const at::Tensor& values) { average.copy_(values); });
    arena.publish();
  }

  // average = decay x average + (1 - decay) x values, of what this rank owns. Before ParameterArena::publish.
  void update() {
    for_each_owned_part(
        [&](const at::Tensor& average, const at::Tensor& values) { average.lerp_(values, 1 - decay_); });
  }

  // The same of the statistics, once a step has settled them. Local.
  void update_statistics() {
    at::NoGradGuard no_grad;
    for (const Statistic& statistic : statistics_) statistic.average.lerp_(statistic.buffer, 1 - decay_);
  }

  const at::Tensor& values() const { return values_; }  // laid out and shared like the arena's

  struct Statistic {
    at::Tensor buffer, average;
  };
  const std::vector<Statistic>& statistics() const { return statistics_; }

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
  std::vector<Statistic> statistics_;
};

// Lets a network compute with an average in place of its own weights and statistics for a while. On this rank
// alone.
class Substituted {
 public:
  // Both outlive this.
  Substituted(const ParameterArena& arena, const WeightAverage& average) : arena_(arena) {
    compute_with(average.values());
    for (const auto& [buffer, averaged] : average.statistics()) {
      replaced_.push_back({buffer, buffer.detach()});
      buffer.set_data(averaged);
    }
  }
  ~Substituted() {
    compute_with(arena_.values());
    for (const auto& [buffer, own] : replaced_) buffer.set_data(own);
  }
  Substituted(const Substituted&) = delete;
  Substituted& operator=(const Substituted&) = delete;

 private:
  void compute_with(const at::Tensor& flat) {
    at::NoGradGuard no_grad;
    for (const auto& slot : arena_.slots()) slot.parameter.set_data(arena_.view_of(flat, slot));
  }
  const ParameterArena& arena_;
  std::vector<std::pair<at::Tensor, at::Tensor>> replaced_;  // buffers with their own values
};

}  // namespace ganymede
