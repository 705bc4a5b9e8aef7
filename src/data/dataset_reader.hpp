// Rows of a dataset by their number in the whole dataset, across the borders of shards.
#pragma once

#include <ATen/core/Tensor.h>

#include <deque>
#include <map>

#include "data/dataset_index.hpp"
#include "storage/hdf5_file.hpp"

namespace ganymede {

// Opens shards when they are first needed. One thread at a time; a second thread makes a reader of its own.
class DatasetReader {
 public:
  explicit DatasetReader(DatasetIndex index);

  // Samples first .. first + count - 1 into the first `count` rows of `out`, which is contiguous:
  // uint8 [>= count, channels, height, width], or float32 [>= count, dimensions] of points. Throws DataError
  // if a shard is not what the index says.
  void read_samples(std::int64_t first, std::int64_t count, const at::Tensor& out);
  // Likewise: int64 [>= count]. Only for a dataset with labels.
  void read_labels(std::int64_t first, std::int64_t count, const at::Tensor& out);

  const DatasetIndex& index() const { return index_; }

 private:
  void read(const std::string& name, std::int64_t first, std::int64_t count, const at::Tensor& out);
  const Hdf5File& shard(std::size_t number);

  DatasetIndex index_;
  std::vector<std::int64_t> first_samples_;  // [shard], and the number of samples at the end
  std::map<std::size_t, Hdf5File> open_;     // by shard
  std::deque<std::size_t> opening_order_;
};

}  // namespace ganymede
