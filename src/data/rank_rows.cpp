#include "data/rank_rows.hpp"

#include <ATen/ops/empty.h>

#include <cstring>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kUnwanted = -1;

}  // namespace

RankRows::RankRows(DatasetIndex index, const RankRowsOptions& options)
    : options_(options),
      reader_(std::move(index)),
      steps_per_epoch_(options.order.samples / options.global_batch_size),
      epoch_(options.first_step / steps_per_epoch_),
      order_(std::in_place, options.order, epoch_),
      position_(options.first_step % steps_per_epoch_ * options.global_batch_size),
      window_end_(position_) {
  ensure(options.places.count > 0, "a rank without places reads no rows");
  const std::int64_t rows = options.order.rows_per_chunk;
  chunk_samples_ = at::empty(reader_.index().sample_sizes(rows), reader_.index().sample_dtype());
  chunk_labels_ = at::empty({rows}, at::kLong);
}

RankRows::Row RankRows::next() {
  do advance();
  while (!is_mine(position_++));
  const std::int64_t row = row_++;
  const bool has_labels = reader_.index().has_labels();
  return {.sample =
              static_cast<const std::byte*>(samples_.const_data_ptr()) + row * reader_.index().sample_bytes(),
          .label = has_labels ? labels_.const_data_ptr<std::int64_t>()[row] : 0};
}

// Makes sure that position_ is in the epoch and its window loaded.
void RankRows::advance() {
  if (position_ == steps_per_epoch_ * options_.global_batch_size) {
    order_.emplace(options_.order, ++epoch_);
    position_ = 0;
    window_end_ = 0;
  }
  if (position_ == window_end_) load_window(order_->window_of(position_));
}

void RankRows::load_window(std::int64_t window) {
  const std::vector<std::int64_t> samples = order_->window_samples(window);
  const std::vector<std::int64_t> chunks = order_->window_chunks(window);
  const std::int64_t rows_per_chunk = options_.order.rows_per_chunk;
  const std::int64_t begin = order_->window_begin(window);

  // destinations[k][r]: the kept row of sample r of the window's k-th chunk.
  std::vector<std::vector<std::int64_t>> destinations(chunks.size());
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::int64_t position = begin + static_cast<std::int64_t>(i);
    if (position < position_ || !is_mine(position)) continue;
    const auto chunk = std::lower_bound(chunks.begin(), chunks.end(), samples[i] / rows_per_chunk);
    auto& rows = destinations[static_cast<std::size_t>(chunk - chunks.begin())];
    if (rows.empty()) rows.assign(static_cast<std::size_t>(rows_per_chunk), kUnwanted);
    rows[static_cast<std::size_t>(samples[i] % rows_per_chunk)] = kept++;
  }

  samples_.reset();  // give the old window's memory back first
  samples_ = at::empty(reader_.index().sample_sizes(kept), reader_.index().sample_dtype());
  labels_ = at::empty({kept}, at::kLong);
  for (std::size_t k = 0; k < chunks.size(); ++k)
    if (!destinations[k].empty()) copy_wanted_rows(chunks[k], destinations[k]);
  window_end_ = order_->window_begin(window + 1);
  row_ = 0;
}

void RankRows::copy_wanted_rows(std::int64_t chunk, const std::vector<std::int64_t>& destinations) {
  const std::int64_t first = chunk * options_.order.rows_per_chunk;
  const std::int64_t count = std::min(options_.order.rows_per_chunk, options_.order.samples - first);
  const bool has_labels = reader_.index().has_labels();
  reader_.read_samples(first, count, chunk_samples_);
  if (has_labels) reader_.read_labels(first, count, chunk_labels_);
  const auto bytes = static_cast<std::size_t>(reader_.index().sample_bytes());
  const auto* source = static_cast<const std::byte*>(chunk_samples_.const_data_ptr());
  auto* kept = static_cast<std::byte*>(samples_.mutable_data_ptr());
  for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
    if (destinations[row] == kUnwanted) continue;
    std::memcpy(kept + static_cast<std::size_t>(destinations[row]) * bytes, source + row * bytes, bytes);
    if (has_labels)
      labels_.mutable_data_ptr<std::int64_t>()[destinations[row]] =
          chunk_labels_.const_data_ptr<std::int64_t>()[row];
  }
}

bool RankRows::is_mine(std::int64_t position) const {
  if (position >= steps_per_epoch_ * options_.global_batch_size) return false;
  const std::int64_t place = position % options_.global_batch_size - options_.places.first;
  return place >= 0 && place < options_.places.count;
}

}  // namespace ganymede
