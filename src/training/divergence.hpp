// Numbers that are no longer finite end training: what the message advises.
#pragma once

#include <string>

#include "base/error.hpp"

namespace ganymede {

// "step 7: generator_loss is nan; ..."
inline std::string describe_divergence(std::int64_t step, const std::string& what) {
  return fmt::format(
      "step {}: {}: training has diverged. Checkpoints hold finite numbers only: go on from one that is well "
      "before it with another setting, such as a lower learning rate: --resume --at-step N --set KEY=VALUE "
      "--allow-change KEY",
      step, what);
}

}  // namespace ganymede
