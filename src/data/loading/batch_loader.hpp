// This rank's slice of every global batch. Which sample stands at which place (data_part.hpp,
// epoch_order.hpp) depends on the dataset and the options, never on the number of ranks: the ranks' batches,
// one after another, are the batch that a single rank would get, bit for bit.
#pragma once

#include <deque>
#include <optional>
#include <thread>

#include "data/format/dataset_index.hpp"
#include "data/loading/batch_assembler.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "data/loading/bounded_queue.hpp"
#include "data/loading/data_part.hpp"
#include "data/loading/rank_order.hpp"
#include "data/loading/row_window.hpp"
#include "data/loading/sample_cache.hpp"
#include "data/samples/batch_copies.hpp"

namespace ganymede {

// [part]: the samples of those that are in memory.
using PartCaches = std::vector<std::optional<SampleCache>>;

// Local: every rank has its own and makes no collective call. One thread calls next(). Threads of the loader
// work ahead of it: one for each part that serves this rank brings windows of rows into memory and owns the
// HDF5 handles, one makes batches of them and has them copied to a device, so that neither a window's border
// nor a slow disk nor a copy holds up the batches that are due.
class BatchLoader {
 public:
  // From the caches where there are such, else from the shards. Throws UserError if the options do not fit
  // the dataset.
  BatchLoader(const DatasetIndex& index, const BatchLoaderOptions& options, int rank, int size,
              const PartCaches& caches = {});
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;  // the threads hold its address
  BatchLoader& operator=(const BatchLoader&) = delete;

  // The next batch, for the stream in which the caller computes. Its memory is used for a later one as soon
  // as nobody holds its tensors or views of them. Throws what the reading thread met, in particular
  // DataError.
  Batch next();

  std::int64_t global_batch_size() const { return global_batch_size_; }
  // The last partial batch of an epoch is dropped.
  std::int64_t batches_per_epoch() const { return batches_per_epoch_; }

 private:
  void close();  // the threads end
  void make_batches(BatchAssembler& assembler, std::int64_t first_batch, at::Device device);

  std::int64_t global_batch_size_, batches_per_epoch_;
  std::deque<RowStream> streams_;  // threads hold their addresses
  BoundedQueue<ComingBatch> batches_;
  std::vector<std::jthread> threads_;
};

}  // namespace ganymede
