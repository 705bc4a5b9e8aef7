// A trained generator, as sample and evaluate take it from the folder of a run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gans/gan.hpp"
#include "recipe/recipe.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

struct TrainedRun {
  Recipe recipe;
  CheckpointInfo info;
  std::unique_ptr<Gan> gan;
};

// The newest usable checkpoint of the run. seed: of the samples' noise, the recipe's where there is none.
// Throws UserError if there is no run or no checkpoint, DataError if none can be used.
TrainedRun open_trained_run(const std::string& folder, std::optional<std::int64_t> seed,
                            Communicator& communicator);

// The dataset of the run, where it lay or by its name. Throws DataError if it is another one by now.
DatasetIndex read_training_data(const TrainedRun& run);

// Hands on the samples of the request, a few hundred at a time and in order: a network's activations for ten
// thousand images would take gigabytes. Throws DataError if a sample is not finite.
void draw_in_pieces(const TrainedRun& run, SampleRequest request,
                    const std::function<void(const Samples&)>& take);

}  // namespace ganymede
