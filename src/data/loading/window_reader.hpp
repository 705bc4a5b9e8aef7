// Windows read from the shards: whole chunks in the order of the disk, of which the rows that a rank needs
// are kept.
#pragma once

#include "data/format/dataset_reader.hpp"
#include "data/loading/rank_order.hpp"
#include "data/loading/row_window.hpp"
#include "data/loading/tensor_pool.hpp"

namespace ganymede {

// One thread at a time: it owns the HDF5 handles.
class WindowReader {
 public:
  WindowReader(DatasetIndex index, std::int64_t rows_per_chunk);

  // Throws DataError if a shard is wrong.
  RowWindow read(const WantedRows& wanted);

 private:
  void read_chunk(std::int64_t chunk, std::int64_t first_row, RowWindow& window);

  DatasetReader reader_;
  std::int64_t rows_per_chunk_;
  std::vector<TensorPool> memory_;       // [field]
  std::vector<std::int64_t> kept_rows_;  // [row among those of the window's chunks]
  std::int64_t kept_ = 0;
};

}  // namespace ganymede
