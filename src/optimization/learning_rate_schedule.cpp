#include "optimization/learning_rate_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ganymede {
namespace {

// The part of the decay that is done, in [0, 1].
template <typename Decay>
double progress(const Decay& decay, std::int64_t step) {
  return std::clamp(static_cast<double>(step - decay.start) / static_cast<double>(decay.steps), 0.0, 1.0);
}

double factor_of(const ConstantRate&, std::int64_t) {
  return 1;
}
double factor_of(const LinearDecay& decay, std::int64_t step) {
  return 1 + (decay.final_factor - 1) * progress(decay, step);
}
double factor_of(const CosineDecay& decay, std::int64_t step) {
  const double cosine = std::cos(std::numbers::pi * progress(decay, step));
  return decay.final_factor + (1 - decay.final_factor) * (1 + cosine) / 2;
}

}  // namespace

double rate_factor(const LearningRateSchedule& schedule, std::int64_t step) {
  const double decay = std::visit([&](const auto& one) { return factor_of(one, step); }, schedule.decay);
  if (step >= schedule.warm_up_steps) return decay;
  return decay * static_cast<double>(step + 1) / static_cast<double>(schedule.warm_up_steps);
}

}  // namespace ganymede
