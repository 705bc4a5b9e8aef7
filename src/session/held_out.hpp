// Samples that a run is measured on and not trained on.
#pragma once

#include "data/samples/batch.hpp"
#include "distributed/communicator.hpp"
#include "recipe/recipe.hpp"
#include "training/checkpoint.hpp"

namespace ganymede {

// The datasets of data.held_out, in the order of the sources; empty without that key. Throws UserError if one
// has other fields than its source, DataError if a shard is wrong.
std::vector<DatasetIndex> find_held_out(const Recipe& recipe, const std::vector<DataSpec>& sources);

// A batch of each, of its first samples, a few thousand at most.
std::vector<Batch> read_held_out(const Recipe& recipe, const std::vector<DatasetIndex>& indices);

// What a run with train.measure_every is measured on, and its figures at the start; nothing without that key.
struct HeldOut {
  std::vector<Batch> batches;       // [source]
  std::vector<NamedValue> figures;  // those that do not change, too
};

// On rank 0; nothing elsewhere. What cannot be measured is a mistake before training, as is a train.keep_best
// of a number that not every checkpoint's step has a report with. Collective.
HeldOut agree_on_held_out(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                          Procedure& procedure, Communicator& communicator);

}  // namespace ganymede
