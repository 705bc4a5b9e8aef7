// Notes in a step of a rank alone when gradients are complete, which of them are products, and when the rank
// needs their sums.
#pragma once

#include "base/clock.hpp"
#include "benchmarking/lone_rank.hpp"
#include "benchmarking/step_time_model.hpp"
#include "optimization/gradient_accumulator.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

class StepTimeline {
 public:
  // Of a step that begins now, with so many rows. The rank and the procedure outlive it.
  StepTimeline(LoneRank& rank, Procedure& procedure, std::int64_t rows);
  ~StepTimeline();
  StepTimeline(const StepTimeline&) = delete;
  StepTimeline& operator=(const StepTimeline&) = delete;

  // After the step, once: times the products. The gradients are overwritten.
  void end();
  // What is no product and complete at about the same time is one event.
  std::vector<GradientEvent> events() const;

 private:
  struct Product {
    std::size_t event;
    GradientAccumulator* gradient;
    GradientFactors factors;
  };

  void watch(const ParameterArena& arena);
  void note(double bytes) { events_.push_back({.at = clock_.seconds(), .bytes = bytes}); }

  LoneRank& rank_;
  const std::vector<Player> players_;
  const double rows_;
  const Stopwatch clock_;
  double step_seconds_ = 0;
  std::vector<GradientEvent> events_;
  std::vector<Product> products_;
};

}  // namespace ganymede
