// A trained procedure, as sample and evaluate take it from the folder of a run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "procedures/procedure.hpp"
#include "recipe/recipe.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

struct TrainedRun {
  Recipe recipe;
  CheckpointInfo info;
  std::unique_ptr<Procedure> procedure;
};

// The newest usable checkpoint of the run. seed: of the samples' noise, the recipe's where there is none.
// Throws UserError if there is no run or no checkpoint, DataError if none can be used.
TrainedRun open_trained_run(const std::string& folder, std::optional<std::int64_t> seed,
                            Communicator& communicator);

// The datasets of the run, where they lay or by their names. Throws DataError if one is another by now.
std::vector<DatasetIndex> read_training_data(const TrainedRun& run);

// Hands on the samples of the request, a few hundred at a time and in order: a network's activations for ten
// thousand images would take gigabytes. Throws DataError if a sample is not finite.
void draw_in_pieces(Procedure& procedure, SampleRequest request,
                    const std::function<void(const SampleSet&)>& take);

// All of them together.
SampleSet draw_samples(Procedure& procedure, const SampleRequest& request);

}  // namespace ganymede
