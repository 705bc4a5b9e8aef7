#include "data/batch_loader.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/error.hpp"
#include "data/horizontal_flip.hpp"

namespace ganymede {
namespace {

std::int64_t checked_steps_per_epoch(const DatasetIndex& index, const BatchLoaderOptions& options) {
  require(options.global_batch_size >= 1, "the global batch size is {}; expected at least 1",
          options.global_batch_size);
  require(options.global_batch_size <= index.samples,
          "the global batch size is {}, but {} has {} samples; expected at most as many",
          options.global_batch_size, index.folder.string(), index.samples);
  require(options.prefetch_batches >= 1, "prefetch_batches is {}; expected at least 1",
          options.prefetch_batches);
  require(!options.horizontal_flip || index.kind == SampleKind::images,
          "horizontal_flip is true, but {} holds points; expected a dataset of images, or false",
          index.folder.string());
  require(options.first_step >= 0, "the first step is {}; expected at least 0", options.first_step);
  return index.samples / options.global_batch_size;
}

EpochOrderOptions order_of(const DatasetIndex& index, const BatchLoaderOptions& options) {
  const std::int64_t rows_per_chunk = std::min(index.rows_per_chunk, index.samples);
  const std::int64_t chunk_bytes = rows_per_chunk * index.sample_bytes();
  return {.seed = options.seed,
          .samples = index.samples,
          .rows_per_chunk = rows_per_chunk,
          .chunks_per_window = std::clamp<std::int64_t>(options.window_bytes / chunk_bytes, 1, 1024)};
}

}  // namespace

BatchLoader::BatchLoader(const DatasetIndex& index, const BatchLoaderOptions& options, int rank, int size)
    : options_(options),
      kind_(index.kind),
      shape_(index.shape),
      has_labels_(index.has_labels()),
      steps_per_epoch_(checked_steps_per_epoch(index, options)),
      places_(places_of_rank(options.global_batch_size, rank, size, options.places_together)),
      table_(options.pixel_low, options.pixel_high, options.dtype),
      queue_(static_cast<std::size_t>(options.prefetch_batches)) {
  // More ranks than places: this one gets empty batches and reads nothing.
  std::unique_ptr<RankRows> rows;
  if (places_.count > 0)
    rows = std::make_unique<RankRows>(index, RankRowsOptions{.order = order_of(index, options),
                                                             .global_batch_size = options.global_batch_size,
                                                             .first_step = options.first_step,
                                                             .places = places_});
  thread_ = std::jthread([this, rows = std::move(rows)] { produce(rows.get()); });
}

BatchLoader::~BatchLoader() {
  queue_.close();
}

Batch BatchLoader::next() {
  return queue_.pop();
}

void BatchLoader::produce(RankRows* rows) try {
  std::int64_t step = options_.first_step;
  while (queue_.push(assemble(step, rows))) ++step;
} catch (...) {
  queue_.fail(std::current_exception());
}

Batch BatchLoader::assemble(std::int64_t step, RankRows* rows) const {
  Batch batch{
      .images = at::empty({places_.count, shape_.channels, shape_.height, shape_.width}, options_.dtype),
      .labels = has_labels_ ? at::empty({places_.count}, at::kLong) : at::Tensor(),
      .first_place = places_.first,
      .global_batch_size = options_.global_batch_size,
      .epoch = step / steps_per_epoch_,
      .step = step};
  if (places_.count == 0) return batch;
  if (kind_ == SampleKind::images)
    place_images(step, *rows, batch);
  else
    place_points(*rows, batch);
  return batch;
}

void BatchLoader::place_images(std::int64_t step, RankRows& rows, Batch& batch) const {
  const std::vector<bool> mirrored = options_.horizontal_flip
                                         ? draw_mirrored(options_.seed, step, places_)
                                         : std::vector<bool>(static_cast<std::size_t>(places_.count), false);
  std::vector<std::uint8_t> mirror(static_cast<std::size_t>(shape_.pixels()));
  for (std::int64_t i = 0; i < places_.count; ++i) {
    const RankRows::Row row = rows.next();
    const auto* pixels = static_cast<const std::uint8_t*>(row.sample);
    if (mirrored[static_cast<std::size_t>(i)]) {
      mirror_image(pixels, shape_, mirror.data());
      pixels = mirror.data();
    }
    table_.convert(pixels, shape_.pixels(), batch.images, i * shape_.pixels());
    if (has_labels_) batch.labels.mutable_data_ptr<std::int64_t>()[i] = row.label;
  }
}

void BatchLoader::place_points(RankRows& rows, Batch& batch) const {
  const at::Tensor points = at::empty(batch.images.sizes(), at::kFloat);
  for (std::int64_t i = 0; i < places_.count; ++i) {
    const RankRows::Row row = rows.next();
    std::copy_n(static_cast<const float*>(row.sample), shape_.pixels(),
                points.mutable_data_ptr<float>() + i * shape_.pixels());
    if (has_labels_) batch.labels.mutable_data_ptr<std::int64_t>()[i] = row.label;
  }
  batch.images.copy_(points);
}

}  // namespace ganymede
