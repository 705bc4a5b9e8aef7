// Whether gradients had better travel while backward runs, decided by the run's own first steps: what is
// hidden then may cost more than it saves where the ranks' threads have no core to spare.
#pragma once

#include <vector>

#include "distributed/gradient_exchange.hpp"

namespace ganymede {

class OverlapTrial {
 public:
  // Only of an exchange that leaves the choice; on others it does nothing.
  explicit OverlapTrial(GradientExchange& exchange);

  // After each step, with the seconds that it took here. Collective.
  void note_step(double seconds);

  static constexpr std::int64_t kSteps = 22;  // until it has decided

 private:
  void decide();

  GradientExchange& exchange_;
  bool deciding_;
  std::int64_t steps_ = 0;
  std::vector<double> with_, without_;  // seconds of steps
};

}  // namespace ganymede
