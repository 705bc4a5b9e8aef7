// The numbers that change with the step and not with its batches: seed and step of what is drawn, and what
// learning rates are multiplied with. Operations of a step find them where they compute, in a device's memory
// too, so that what a step asks of a device can be done again in another one (StepGraphs).
#pragma once

#include <vector>

#include "kernels/random_tensor.hpp"
#include "optimization/learning_rate_schedule.hpp"
#include "procedures/attempt.hpp"

namespace ganymede {

// Numbers of the host as the device gets them: it copies them at its own time. Themselves on the host.
at::Tensor send_to(at::Device device, const at::Tensor& of_host);

class StepNumbers {
 public:
  // seed: of the first attempt's steps.
  StepNumbers(std::uint64_t seed, at::Device device);

  // What learning rates of this schedule are multiplied with in the step that is taken, those of the attempt
  // included: a float64 number on the device.
  at::Tensor add_rate_factor(const LearningRateSchedule& schedule);

  // Makes them those of a step: one copy to the device, which the host does not wait for.
  void begin(std::int64_t step, const Attempt& attempt);

  const StepSeed& seed() const { return step_seed_; }

 private:
  static constexpr std::int64_t kMostRates = 8;

  const std::uint64_t seed_;
  // int64 [2 + kMostRates] on the device: seed, step, and the bits of the factors
  const at::Tensor numbers_;
  std::vector<LearningRateSchedule> schedules_;  // [factor]
  StepSeed step_seed_;
};

}  // namespace ganymede
