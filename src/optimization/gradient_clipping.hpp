// Gradient clipping by norm, as torch.nn.utils.clip_grad_norm_ does it.
#pragma once

#include "optimization/parameter_arena.hpp"

namespace ganymede {

// Scales all gradients of the network so that their joint norm is at most max_norm. After averaging: all
// ranks then scale alike.
inline void clip_gradient_norm(ParameterArena& arena, double max_norm) {
  at::NoGradGuard no_grad;
  const double norm = arena.gradients().norm().item<double>();
  if (norm > max_norm) arena.gradients().mul_(max_norm / (norm + 1e-6));
}

}  // namespace ganymede
