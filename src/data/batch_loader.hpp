// This rank's slice of every global batch, in the order of the shard plan (data/epoch_order.hpp). Which
// sample stands at which place depends on the dataset and the options, never on the number of ranks: the
// ranks' batches, one after another, are the batch that a single rank would get, bit for bit.
#pragma once

#include <thread>

#include "data/batch.hpp"
#include "data/batch_queue.hpp"
#include "data/dataset_index.hpp"
#include "data/pixel_table.hpp"
#include "data/rank_rows.hpp"

namespace ganymede {

struct BatchLoaderOptions {
  std::uint64_t seed = 0;
  std::int64_t global_batch_size = 64;
  std::int64_t places_together = 1;       // groups of so many places stay on one rank
  double pixel_low = -1, pixel_high = 1;  // what pixels 0 and 255 become; points stay as they are
  bool horizontal_flip = false;           // mirror each image with probability 1/2
  std::int64_t window_bytes = std::int64_t{16} << 20;  // shuffled together; a rank keeps its share of it
  int prefetch_batches = 4;
  at::ScalarType dtype = at::kFloat;
  std::int64_t first_step = 0;  // where to resume
};

// Local: every rank has its own and makes no collective call. One thread calls next(); a thread of the loader
// reads ahead of it and owns the HDF5 handles.
class BatchLoader {
 public:
  // Throws UserError if the options do not fit the dataset.
  BatchLoader(const DatasetIndex& index, const BatchLoaderOptions& options, int rank, int size);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;  // the thread holds its address
  BatchLoader& operator=(const BatchLoader&) = delete;

  // The batch of the next step. Throws what the reading thread met, in particular DataError.
  Batch next();

  // The last partial batch of an epoch is dropped.
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }

 private:
  void produce(RankRows* rows);
  Batch assemble(std::int64_t step, RankRows* rows) const;
  void place_images(std::int64_t step, RankRows& rows, Batch& batch) const;
  void place_points(RankRows& rows, Batch& batch) const;

  BatchLoaderOptions options_;
  SampleKind kind_;
  ImageShape shape_;
  bool has_labels_;
  std::int64_t steps_per_epoch_;
  PlaceRange places_;
  PixelTable table_;
  BatchQueue<Batch> queue_;
  std::jthread thread_;
};

}  // namespace ganymede
