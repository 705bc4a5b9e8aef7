// Which shards serve which places of every global batch. In the order `global` all shards serve all places;
// in the order `node` the shards are dealt into as many parts as the order has nodes, runs of neighbours of
// about as many samples each, and part i serves the i-th slice of the batch. A rank needs the shards of the
// parts that serve its places, so nodes that have as many ranks each need only their own part. A pure
// function of dataset and options: neither the ranks nor the hosts that there are have a say in it.
#pragma once

#include <vector>

#include "data/format/dataset_index.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "data/samples/batch.hpp"

namespace ganymede {

struct DataPart {
  DatasetIndex index;           // of its shards, as if there were no others
  std::size_t first_shard = 0;  // in the whole dataset
  PlaceRange places;            // of every global batch

  bool serves(PlaceRange others) const {
    return others.first < places.first + places.count && places.first < others.first + others.count;
  }
};

// [part]. Throws UserError where the batch, the groups of places that stay together or the shards cannot be
// dealt to the nodes.
std::vector<DataPart> parts_of(const DatasetIndex& index, const BatchLoaderOptions& options);

// Until the first part has no whole slice left; each part begins its next epoch then.
std::int64_t batches_per_epoch(const std::vector<DataPart>& parts);

}  // namespace ganymede
