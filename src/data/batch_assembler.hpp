// Copies the rows of a rank's places, as numbers, into batches whose memory is used again.
#pragma once

#include <optional>

#include "data/batch.hpp"
#include "data/batch_loader_options.hpp"
#include "data/bounded_queue.hpp"
#include "data/dataset_index.hpp"
#include "data/pixel_table.hpp"
#include "data/row_window.hpp"
#include "data/tensor_pool.hpp"

namespace ganymede {

// One thread at a time.
class BatchAssembler {
 public:
  BatchAssembler(const DatasetIndex& index, const BatchLoaderOptions& options, PlaceRange places);

  // The batch of a step, steps one after another, from the rows that come out of `windows`. Nothing once that
  // queue is closed.
  std::optional<Batch> assemble(std::int64_t step, BoundedQueue<RowWindow>& windows);

 private:
  void write_image(const std::uint8_t* pixels, bool mirrored, const at::Tensor& images, std::int64_t place);
  bool has_row(BoundedQueue<RowWindow>& windows);
  void prefetch_sample() const;
  const std::byte* sample_of(std::int64_t row) const;

  BatchLoaderOptions options_;
  SampleKind kind_;
  ImageShape shape_;
  bool has_labels_;
  std::int64_t sample_bytes_;
  std::int64_t steps_per_epoch_;
  PlaceRange places_;
  PixelTable table_;
  TensorPool image_memory_, label_memory_;
  std::vector<std::uint8_t> mirror_;
  RowWindow window_;
  std::size_t next_ = 0;  // in window_.order
};

}  // namespace ganymede
