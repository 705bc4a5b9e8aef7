// Rows of a dataset by their number in the whole dataset, across the borders of shards.
#pragma once

#include <ATen/core/Tensor.h>

#include <deque>
#include <map>

#include "data/format/dataset_index.hpp"
#include "storage/hdf5/hdf5_file.hpp"

namespace ganymede {

// Opens shards when they are first needed. One thread at a time; a second thread makes a reader of its own.
class DatasetReader {
 public:
  explicit DatasetReader(DatasetIndex index);

  // A field of samples first .. first + count - 1 into the first `count` rows of `out`, which is contiguous
  // and of the field's stored type and shape. Throws DataError if a shard is not what the index says.
  void read(const Field& field, std::int64_t first, std::int64_t count, const at::Tensor& out);

  const DatasetIndex& index() const { return index_; }

 private:
  const Hdf5File& shard(std::size_t number);

  DatasetIndex index_;
  std::vector<std::int64_t> first_samples_;  // [shard], and the number of samples at the end
  std::map<std::size_t, Hdf5File> open_;     // by shard
  std::deque<std::size_t> opening_order_;
};

}  // namespace ganymede
