// Where a GAN's steps spend their time, for `ganymede bench`.
#pragma once

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
// normalisation talks in the middle of a forward pass. Phases do not nest; one may follow another.
class ScopedPhase {
 public:
  ScopedPhase(double& phase_seconds, const Communicator& communicator)
      : phase_seconds_(&phase_seconds),
        communicator_(communicator),
        communication_before_(communicator.seconds()) {}
  ~ScopedPhase() { bank(); }
  ScopedPhase(const ScopedPhase&) = delete;
  ScopedPhase& operator=(const ScopedPhase&) = delete;

  // From now on the time is another phase's.
  void enter(double& phase_seconds) {
    bank();
    phase_seconds_ = &phase_seconds;
  }

 private:
  void bank() {
    const double communication = communicator_.seconds();
    *phase_seconds_ += stopwatch_.lap() - (communication - communication_before_);
    communication_before_ = communication;
  }

  double* phase_seconds_;
  const Communicator& communicator_;
  double communication_before_;
  Stopwatch stopwatch_;
};

}  // namespace ganymede
