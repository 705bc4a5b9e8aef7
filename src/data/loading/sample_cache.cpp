#include "data/loading/sample_cache.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/format/dataset_reader.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kReadBytes = std::int64_t{1} << 20;  // at a time: many chunks

// The tensors are the group's; each rank fills its share, which begins and ends with a chunk.
void read_share(const DatasetIndex& index, const HostGroup& group, const SampleCache& cache) {
  const std::int64_t rows_per_chunk = std::min(index.rows_per_chunk, index.samples);
  const std::int64_t chunks = (index.samples + rows_per_chunk - 1) / rows_per_chunk;
  const auto begin_of = [&](int rank) {
    return std::min(chunks * rank / group.size() * rows_per_chunk, index.samples);
  };
  const std::int64_t chunks_at_once =
      std::max<std::int64_t>(kReadBytes / (rows_per_chunk * index.spec.sample().bytes()), 1);
  DatasetReader reader(index);
  const std::int64_t end = begin_of(group.rank() + 1);
  for (std::int64_t first = begin_of(group.rank()); first < end; first += chunks_at_once * rows_per_chunk) {
    const std::int64_t count = std::min(chunks_at_once * rows_per_chunk, end - first);
    for (std::size_t i = 0; i < cache.fields.size(); ++i)
      reader.read(index.spec.fields[i], first, count, cache.fields[i].narrow(0, first, count));
  }
}

}  // namespace

std::int64_t cached_bytes(const DatasetIndex& index) {
  std::int64_t bytes = 0;
  for (const Field& field : index.spec.fields) bytes += index.samples * field.bytes();
  return bytes;
}

std::optional<SampleCache> cache_samples(const DatasetIndex& index, std::int64_t budget_bytes,
                                         HostGroup& group) {
  if (cached_bytes(index) > budget_bytes) return std::nullopt;
  SampleCache cache;
  at::Tensor failures;  // [rank of the group]
  try {
    for (const Field& field : index.spec.fields)
      cache.fields.push_back(group.allocate_one(index.samples * field.elements(), field.stored())
                                 .view(field.sizes(index.samples)));
    failures = group.allocate_one(group.size(), at::kLong);
  } catch (const CommunicationError& error) {
    if (group.rank() == 0) spdlog::warn("the dataset is read again in every epoch: {}", error.what());
    return std::nullopt;
  }
  try {
    read_share(index, group, cache);
  } catch (const std::exception&) {
    failures[group.rank()] = 1;
  }
  group.barrier();
  if (failures.any().item<bool>()) return std::nullopt;
  return cache;
}

}  // namespace ganymede
