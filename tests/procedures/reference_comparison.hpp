// Comparison of a training with numbers of tests/reference/, whose README.md describes them.
#pragma once

#include <map>

#include "procedures/procedure.hpp"
#include "storage/json_file.hpp"

namespace ganymede {

// Bounds on |difference| / |reference| of losses and on the relative norm of the difference of a tensor's
// change. The offsets are added to them: losses may pass through zero, and what only rounding moves (a bias
// before batch normalisation) has no relative bound.
struct ReferenceBounds {
  double loss, change;
  double loss_offset = 0, change_offset = 0;
};

// Parameters, buffers and averages, named as the reference names them: generator/dense.weight, ...
using NamedWeights = std::map<std::string, at::Tensor>;
NamedWeights weights_of(Procedure& gan);
NamedWeights cloned(const NamedWeights& weights);

// losses: generator_loss and discriminator_loss of the step.
void expect_reference_losses(const std::vector<double>& losses, const Json& reference, int step,
                             const ReferenceBounds& bounds);
void expect_reference_changes(const NamedWeights& initial, const NamedWeights& final, const Json& reference,
                              const ReferenceBounds& bounds);

}  // namespace ganymede
