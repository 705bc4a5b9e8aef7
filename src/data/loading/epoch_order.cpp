#include "data/loading/epoch_order.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/random_stream.hpp"

namespace ganymede {
namespace {

RandomStream stream_of(const EpochOrderOptions& options, std::int64_t epoch) {
  return {options.seed,
          {.purpose = Purpose::shuffle, .layer = options.source, .iteration = options.node},
          static_cast<std::uint32_t>(epoch)};
}

std::int64_t divided_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

std::int64_t sample_of_row(const std::vector<std::int64_t>& window_chunks, std::int64_t rows_per_chunk,
                           std::int64_t row) {
  // Only the dataset's last chunk may be shorter than the others, and it is the last one of its window.
  return window_chunks[static_cast<std::size_t>(row / rows_per_chunk)] * rows_per_chunk +
         row % rows_per_chunk;
}

EpochOrder::EpochOrder(const EpochOrderOptions& options, std::int64_t epoch)
    : options_(options), epoch_(epoch) {
  ensure(options.samples > 0 && options.rows_per_chunk > 0 && options.chunks_per_window > 0,
         "an epoch has samples, chunks and windows");
  ensure(epoch >= 0 && epoch < (std::int64_t{1} << 32), "the epoch fits 32 bits");
  const std::int64_t count = divided_up(options.samples, options.rows_per_chunk);
  chunks_.resize(static_cast<std::size_t>(count));
  std::iota(chunks_.begin(), chunks_.end(), std::int64_t{0});
  shuffle(chunks_, stream_of(options, epoch), 0);
  const auto last = std::find(chunks_.begin(), chunks_.end(), count - 1);
  short_window_ = (last - chunks_.begin()) / options.chunks_per_window;
  missing_rows_ = count * options.rows_per_chunk - options.samples;
}

std::int64_t EpochOrder::window_count() const {
  return divided_up(static_cast<std::int64_t>(chunks_.size()), options_.chunks_per_window);
}

std::int64_t EpochOrder::window_begin(std::int64_t window) const {
  if (window >= window_count()) return options_.samples;
  const std::int64_t begin = window * options_.chunks_per_window * options_.rows_per_chunk;
  return window > short_window_ ? begin - missing_rows_ : begin;
}

std::int64_t EpochOrder::window_of(std::int64_t position) const {
  ensure(position >= 0 && position < options_.samples, "a position is in the epoch");
  const std::int64_t window_rows = options_.chunks_per_window * options_.rows_per_chunk;
  if (position < window_begin(short_window_ + 1)) return position / window_rows;
  return (position + missing_rows_) / window_rows;
}

std::vector<std::int64_t> EpochOrder::window_chunks(std::int64_t window) const {
  const std::int64_t first = window * options_.chunks_per_window;
  const std::int64_t end =
      std::min(first + options_.chunks_per_window, static_cast<std::int64_t>(chunks_.size()));
  std::vector<std::int64_t> chunks(chunks_.begin() + first, chunks_.begin() + end);
  std::sort(chunks.begin(), chunks.end());
  return chunks;
}

std::vector<std::int64_t> EpochOrder::window_rows(std::int64_t window) const {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(window_begin(window + 1) - window_begin(window)));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  shuffle(rows, stream_of(options_, epoch_), 1 + static_cast<std::uint32_t>(window));
  return rows;
}

std::vector<std::int64_t> EpochOrder::window_samples(std::int64_t window) const {
  const std::vector<std::int64_t> chunks = window_chunks(window);
  std::vector<std::int64_t> samples = window_rows(window);
  for (std::int64_t& sample : samples) sample = sample_of_row(chunks, options_.rows_per_chunk, sample);
  return samples;
}

}  // namespace ganymede
