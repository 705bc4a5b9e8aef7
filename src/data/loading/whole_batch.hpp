// Samples outside training: read once, in the form of its batches.
#pragma once

#include "data/format/dataset_index.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "data/samples/batch.hpp"

namespace ganymede {

// The dataset's first samples, at_most of them, in their order. Throws DataError if a shard is wrong.
Batch read_whole_batch(const DatasetIndex& index, const BatchLoaderOptions& options, std::int64_t at_most);

}  // namespace ganymede
