#include "data/sample_cache.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/dataset_reader.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kReadBytes = std::int64_t{1} << 20;  // at a time: many chunks

std::int64_t cached_bytes(const DatasetIndex& index) {
  const std::int64_t label_bytes = index.has_labels() ? static_cast<std::int64_t>(sizeof(std::int64_t)) : 0;
  return index.samples * (index.sample_bytes() + label_bytes);
}

// The tensors are the group's; each rank fills its share, which begins and ends with a chunk.
void read_share(const DatasetIndex& index, const NodeGroup& node, const SampleCache& cache) {
  const std::int64_t rows_per_chunk = std::min(index.rows_per_chunk, index.samples);
  const std::int64_t chunks = (index.samples + rows_per_chunk - 1) / rows_per_chunk;
  const auto begin_of = [&](int rank) {
    return std::min(chunks * rank / node.size() * rows_per_chunk, index.samples);
  };
  const std::int64_t chunks_at_once =
      std::max<std::int64_t>(kReadBytes / (rows_per_chunk * index.sample_bytes()), 1);
  DatasetReader reader(index);
  const std::int64_t end = begin_of(node.rank() + 1);
  for (std::int64_t first = begin_of(node.rank()); first < end; first += chunks_at_once * rows_per_chunk) {
    const std::int64_t count = std::min(chunks_at_once * rows_per_chunk, end - first);
    reader.read_samples(first, count, cache.samples.narrow(0, first, count));
    if (index.has_labels()) reader.read_labels(first, count, cache.labels.narrow(0, first, count));
  }
}

}  // namespace

std::optional<SampleCache> cache_samples(const DatasetIndex& index, std::int64_t budget_bytes,
                                         NodeGroup& node) {
  if (cached_bytes(index) > budget_bytes) return std::nullopt;
  SampleCache cache;
  at::Tensor failures;  // [rank of the group]
  try {
    const std::vector<std::int64_t> sizes = index.sample_sizes(index.samples);
    cache.samples = node.allocate_one(index.samples * index.shape.pixels(), index.sample_dtype()).view(sizes);
    if (index.has_labels()) cache.labels = node.allocate_one(index.samples, at::kLong);
    failures = node.allocate_one(node.size(), at::kLong);
  } catch (const CommunicationError& error) {
    if (node.rank() == 0) spdlog::warn("the dataset is read again in every epoch: {}", error.what());
    return std::nullopt;
  }
  try {
    read_share(index, node, cache);
  } catch (const std::exception&) {
    failures[node.rank()] = 1;
  }
  node.barrier();
  if (failures.any().item<bool>()) return std::nullopt;
  return cache;
}

}  // namespace ganymede
