// All samples of a small dataset in memory that the ranks of a host share: read and decoded once a host, not
// once a rank and epoch.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "data/format/dataset_index.hpp"
#include "distributed/host_group.hpp"

namespace ganymede {

inline constexpr std::int64_t kDefaultCacheMib = 256;  // a host

struct SampleCache {
  std::vector<at::Tensor> fields;  // [field]: [sample, shape...] as stored
};

// That a cache of the dataset takes.
std::int64_t cached_bytes(const DatasetIndex& index);

// Each rank of the group reads its share of the chunks. Nothing, on all ranks of the group, when the samples
// take more than the budget, when the host does not give the memory, or when a rank cannot read its share:
// whoever reads the shards then meets the damage in its place. Collective over the group.
// dataset: or a part of one.
std::optional<SampleCache> cache_samples(const DatasetIndex& index, std::int64_t budget_bytes,
                                         HostGroup& group);

}  // namespace ganymede
