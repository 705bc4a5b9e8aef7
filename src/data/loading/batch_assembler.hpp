// Copies the rows of a rank's places, as numbers, into batches whose memory is used again.
#pragma once

#include <memory>
#include <optional>

#include "data/format/dataset_index.hpp"
#include "data/loading/batch.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "data/loading/bounded_queue.hpp"
#include "data/loading/field_assembler.hpp"
#include "data/loading/row_window.hpp"

namespace ganymede {

// One thread at a time.
class BatchAssembler {
 public:
  BatchAssembler(const DatasetIndex& index, const BatchLoaderOptions& options, PlaceRange places);

  // Batch `number`, numbers one after another, from the rows that come out of `windows`. Nothing once that
  // queue is closed.
  std::optional<Batch> assemble(std::int64_t number, BoundedQueue<RowWindow>& windows);

 private:
  bool has_row(BoundedQueue<RowWindow>& windows);
  void prefetch_sample() const;
  const std::byte* stored(std::size_t field, std::int64_t row) const;

  std::int64_t global_batch_size_;
  std::int64_t batches_per_epoch_;
  PlaceRange places_;
  std::vector<std::int64_t> bytes_;                          // [field], of a sample
  std::vector<std::unique_ptr<FieldAssembler>> assemblers_;  // [field]
  RowWindow window_;
  std::size_t next_ = 0;  // in window_.order
};

}  // namespace ganymede
