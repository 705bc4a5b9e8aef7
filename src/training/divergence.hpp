// Numbers that are no longer finite end training: what the message advises.
#pragma once

#include <string>

#include "distributed/agreement.hpp"

namespace ganymede {

// "step 7: generator_loss is nan; ..."
inline std::string describe_divergence(std::int64_t step, const std::string& what) {
  return fmt::format(
      "step {}: {}: training has diverged. Checkpoints hold finite numbers only: go on from one that is well "
      "before it "
      "with another setting, as in --resume --at-step N --set "
      "gan.generator.optimizer.adam.learning_rate=1e-5 "
      "--allow-change gan.generator.optimizer",
      step, what);
}

}  // namespace ganymede
