#include "data/loading/data_part.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {
namespace {

DataPart part_of(const DatasetIndex& index, std::size_t first_shard, std::size_t end_shard,
                 PlaceRange places) {
  DataPart part{.index = index, .first_shard = first_shard, .places = places};
  const auto at = [&](std::size_t shard) {
    return index.shards.begin() + static_cast<std::ptrdiff_t>(shard);
  };
  part.index.shards.assign(at(first_shard), at(end_shard));
  part.index.samples = 0;
  for (const ShardEntry& shard : part.index.shards) part.index.samples += shard.samples;
  require(places.count <= part.index.samples,
          "{}: node {} gets shards with {} samples, but serves {} places of every batch; expected as many "
          "samples "
          "at least: take a smaller batch or fewer nodes",
          index.folder.string(), places.first / places.count, part.index.samples, places.count);
  return part;
}

// Where the shards of the first `node + 1` of so many nodes end, if those before end at `begin`: as close to
// their share of the samples as shards allow, with one at least for each node.
std::size_t end_of_node(const DatasetIndex& index, std::int64_t node, std::int64_t nodes, std::size_t begin,
                        std::int64_t samples_before) {
  const std::size_t last = index.shards.size() - static_cast<std::size_t>(nodes - 1 - node);
  if (node == nodes - 1) return last;
  const std::int64_t share = index.samples * (node + 1) / nodes;
  samples_before += index.shards[begin].samples;
  std::size_t end = begin + 1;
  while (end < last && samples_before + index.shards[end].samples / 2 <= share)
    samples_before += index.shards[end++].samples;
  return end;
}

}  // namespace

std::vector<DataPart> parts_of(const DatasetIndex& index, const BatchLoaderOptions& options) {
  const std::int64_t nodes = options.nodes, batch = options.global_batch_size;
  if (nodes == 1) return {part_of(index, 0, index.shards.size(), {.first = 0, .count = batch})};
  require(
      batch % (nodes * options.places_together) == 0,
      "data.order.node.nodes is {}, but data.global_batch_size is {}; expected a number of nodes that "
      "divides "
      "the batch{}",
      nodes, batch,
      options.places_together == 1 ? "" : fmt::format(" into whole packs of {}", options.places_together));
  require(index.shards.size() >= static_cast<std::size_t>(nodes),
          "{} has {} {}, but data.order.node.nodes is {}; expected one a node at least: import it with "
          "--shards {}, or take fewer nodes",
          index.folder.string(), index.shards.size(), index.shards.size() == 1 ? "shard" : "shards", nodes,
          nodes);
  std::vector<DataPart> parts;
  std::size_t begin = 0;
  std::int64_t samples = 0;
  for (std::int64_t node = 0; node < nodes; ++node) {
    const std::size_t end = end_of_node(index, node, nodes, begin, samples);
    const std::int64_t slice = batch / nodes;
    parts.push_back(part_of(index, begin, end, {.first = node * slice, .count = slice}));
    samples += parts.back().index.samples;
    begin = end;
  }
  return parts;
}

std::int64_t batches_per_epoch(const std::vector<DataPart>& parts) {
  std::int64_t batches = parts.front().index.samples / parts.front().places.count;
  for (const DataPart& part : parts) batches = std::min(batches, part.index.samples / part.places.count);
  return batches;
}

}  // namespace ganymede
