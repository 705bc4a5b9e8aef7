// Where a GAN's steps spend their time, for `ganymede bench`.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "base/clock.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Seconds since the GAN was made, without what the compute thread waited in communication meanwhile. A
// penalty counts as discriminator forward, the inner gradient that it is made of included.
struct PhaseTimes {
  double generator_forward = 0, generator_backward = 0;
  double discriminator_forward = 0, discriminator_backward = 0;
  double optimizer = 0;
};

// Adds its lifetime to a phase, less what the communicator's seconds grew by: synchronised batch
// normalisation talks in the middle of a forward pass. Phases do not nest.
class ScopedPhase {
 public:
  ScopedPhase(double& phase_seconds, const Communicator& communicator)
      : phase_seconds_(phase_seconds),
        communicator_(communicator),
        communication_before_(communicator.seconds()) {}
  ~ScopedPhase() {
    phase_seconds_ += stopwatch_.seconds() - (communicator_.seconds() - communication_before_);
  }
  ScopedPhase(const ScopedPhase&) = delete;
  ScopedPhase& operator=(const ScopedPhase&) = delete;

 private:
  double& phase_seconds_;
  const Communicator& communicator_;
  const double communication_before_;
  const Stopwatch stopwatch_;
};

// One backward pass from the discriminator's logits into the generator: the discriminator's part until the
// fake samples have their gradient, the generator's part after that. Autograd runs the nodes of the later
// forward pass first, so the two do not mix.
class ScopedBackwardThroughBoth {
 public:
  ScopedBackwardThroughBoth(PhaseTimes& times, const Communicator& communicator, const at::Tensor& fake)
      : fake_(fake), phase_(std::in_place, times.discriminator_backward, communicator) {
    hook_ = fake_.register_hook([this, &times, &communicator](const at::Tensor&) {
      phase_.emplace(times.generator_backward, communicator);
    });
  }
  ~ScopedBackwardThroughBoth() { fake_.remove_hook(hook_); }
  ScopedBackwardThroughBoth(const ScopedBackwardThroughBoth&) = delete;
  ScopedBackwardThroughBoth& operator=(const ScopedBackwardThroughBoth&) = delete;

 private:
  const at::Tensor fake_;
  std::optional<ScopedPhase> phase_;
  unsigned hook_ = 0;
};

}  // namespace ganymede
