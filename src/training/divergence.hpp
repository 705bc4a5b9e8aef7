// Numbers that are no longer finite.
#pragma once

#include <string>

#include "distributed/agreement.hpp"

namespace ganymede {

// Training has come to one at a step.
struct Divergence : AgreedError {
  // found: "generator_loss is nan"; tried: what was done about it before, "; it went back 3 times", or
  // nothing.
  Divergence(std::int64_t at_step, const std::string& found, const std::string& tried = "")
      : AgreedError(fmt::format(
            "step {}: {}: training has diverged{}. Checkpoints hold finite numbers only: go on from one that "
            "is well before it with another setting, such as a lower learning rate: "
            "--resume --at-step N --set KEY=VALUE --allow-change KEY",
            at_step, found, tried)),
        step(at_step),
        what_is_not_finite(found) {}

  std::int64_t step;
  std::string what_is_not_finite;
};

}  // namespace ganymede
