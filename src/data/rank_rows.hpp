// The samples of one rank one after another, in the order of its places, epoch after epoch. Reads whole
// chunks, a window at a time, and keeps only the rows that this rank needs.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "data/batch.hpp"
#include "data/dataset_reader.hpp"
#include "data/epoch_order.hpp"

namespace ganymede {

struct RankRowsOptions {
  EpochOrderOptions order;
  std::int64_t global_batch_size = 0;
  std::int64_t first_step = 0;
  PlaceRange places;  // of this rank in every global batch
};

// One thread at a time: it owns the reader.
class RankRows {
 public:
  RankRows(DatasetIndex index, const RankRowsOptions& options);

  struct Row {
    const void* sample;  // uint8 [channels, height, width] or float32 [dimensions]; valid until the next call
    std::int64_t label;  // 0 without labels
  };
  // The next sample: place by place, step by step. Throws DataError if a shard is wrong.
  Row next();

 private:
  void advance();
  void load_window(std::int64_t window);
  void copy_wanted_rows(std::int64_t chunk, const std::vector<std::int64_t>& destinations);
  bool is_mine(std::int64_t position) const;

  RankRowsOptions options_;
  DatasetReader reader_;
  std::int64_t steps_per_epoch_;
  std::int64_t epoch_;
  std::optional<EpochOrder> order_;
  std::int64_t position_;                    // in the epoch, of the next row to look at
  std::int64_t window_end_;                  // position after the loaded window
  std::int64_t row_ = 0;                     // next one of the kept rows
  at::Tensor chunk_samples_, chunk_labels_;  // [rows_per_chunk, ...]
  at::Tensor samples_, labels_;              // kept rows of the window, in the order of their positions
};

}  // namespace ganymede
