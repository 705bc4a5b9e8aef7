// The thorough check of a dataset, which reads every byte of a shard. Shards are independent, so ranks can
// share them.
#pragma once

#include <functional>

#include "data/format/dataset_index.hpp"
#include "storage/hdf5/hdf5_file.hpp"

namespace ganymede {

// Throws DataError if the shard's checksum, attributes, datasets, labels or points are wrong, and an Error
// with the exit code of a stop as soon as `should_stop`, asked often, says so.
void verify_shard(const DatasetIndex& index, std::size_t shard,
                  const std::function<bool()>& should_stop = {});

// Throws DataError unless the CRC-32 that was found is that of the index.
void check_shard_checksum(const DatasetIndex& index, std::size_t shard, std::uint32_t found);

// The part of it that is cheap enough for every opening: shapes and types of the datasets.
void check_shard_datasets(const DatasetIndex& index, std::size_t shard, const Hdf5File& file);

}  // namespace ganymede
