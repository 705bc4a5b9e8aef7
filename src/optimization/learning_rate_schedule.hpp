// How the learning rate changes: a pure function of the step, so there is nothing to save.
#pragma once

#include <cstdint>
#include <variant>

namespace ganymede {

struct ConstantRate {};

// Full rate until `start`, then along a line to final_factor x rate at start + steps, and so on from there.
struct LinearDecay {
  std::int64_t start = 0;
  std::int64_t steps = 10000;
  double final_factor = 0;
};

// Half a cosine from the full rate at `start` to final_factor x rate at start + steps (Loshchilov and Hutter
// 2017, without restarts).
struct CosineDecay {
  std::int64_t start = 0;
  std::int64_t steps = 10000;
  double final_factor = 0;
};

struct LearningRateSchedule {
  std::variant<ConstantRate, LinearDecay, CosineDecay> decay = ConstantRate{};
  std::int64_t warm_up_steps = 0;  // the rate grows along a line from rate / steps at step 0
};

// What the learning rate is multiplied with at a step (the first is 0).
double rate_factor(const LearningRateSchedule& schedule, std::int64_t step);

}  // namespace ganymede
