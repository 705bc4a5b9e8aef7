// Samples that a run is measured on and not trained on.
#pragma once

#include "data/loading/batch.hpp"
#include "recipe/recipe.hpp"

namespace ganymede {

// The datasets of data.held_out, in the order of the sources; empty without that key. Throws UserError if one
// has other fields than its source, DataError if a shard is wrong.
std::vector<DatasetIndex> find_held_out(const Recipe& recipe, const std::vector<DataSpec>& sources);

// A batch of each, of its first samples, a few thousand at most.
std::vector<Batch> read_held_out(const Recipe& recipe, const std::vector<DatasetIndex>& indices);

}  // namespace ganymede
