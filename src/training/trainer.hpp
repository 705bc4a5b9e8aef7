// The training loop.
#pragma once

#include "data/batch_loader.hpp"
#include "distributed/communicator.hpp"
#include "gans/gan.hpp"
#include "training/checkpoint_store.hpp"
#include "training/run_folder.hpp"
#include "training/sample_picture.hpp"
#include "training/train_options.hpp"

namespace ganymede {

struct TrainerSetting {
  TrainOptions options;
  CheckpointInfo start;  // step 0, or where the checkpoint stands
  std::int64_t steps_per_epoch = 0;
  SamplePictureOptions picture;
  bool on_terminal = false;
};

enum class TrainingEnd { finished, stopped_on_request };

// Updates done when training is complete.
std::int64_t last_step(const TrainOptions& options, std::int64_t steps_per_epoch);

// Trains from setting.start until the last step, the time limit or a stop signal, and leaves a checkpoint at
// the end. The loader stands at the start position. A report or a picture that cannot be written is a
// warning. Collective. Throws AgreedError when a loss or a weight is no longer finite, when replicas differ,
// or when rank 0 cannot write a checkpoint.
TrainingEnd train(const TrainerSetting& setting, Gan& gan, BatchLoader& loader, const RunFolder& run,
                  CheckpointStore& store, Communicator& communicator);

}  // namespace ganymede
