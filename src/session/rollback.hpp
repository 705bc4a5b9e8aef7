// Training that goes back to its newest checkpoint when it diverges, where its recipe asks for that.
#pragma once

#include "session/trainee.hpp"
#include "training/trainer.hpp"

namespace ganymede {

// Trains to the end, as `train`, from the trainee's start. A divergence is told in a warning, unless the
// recipe wants training to stop, or it has gone back as often as it may: then it is thrown. held_out: as in
// TrainerSetting. Collective.
TrainingEnd train_with_rollbacks(const RunParts& run, Trainee trainee, std::vector<Batch> held_out);

}  // namespace ganymede
