// Gradient clipping by norm, as torch.nn.utils.clip_grad_norm_ does it.
#pragma once

#include "optimization/parameter_arena.hpp"

namespace ganymede {

// Scales all gradients of the network so that their joint norm is at most max_norm. After they are summed;
// each rank scales what it owns. Collective.
inline void clip_gradient_norm(ParameterArena& arena, double max_norm) {
  at::NoGradGuard no_grad;
  const at::Tensor norm = arena.gradient_norm();
  const at::Tensor within = norm <= max_norm;
  if (norm.is_cpu() && within.item<bool>()) return;
  const at::Tensor factor = at::where(within, at::ones_like(norm), max_norm / (norm + 1e-6));
  for (const at::Tensor& part : arena.owned_parts(arena.gradients())) part.mul_(factor);
}

}  // namespace ganymede
