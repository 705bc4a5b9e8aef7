#include "data/loading/rank_order.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

RankOrder::RankOrder(const RankOrderOptions& options)
    : options_(options),
      epoch_end_(options.batches_per_epoch * options.batch_size),
      epoch_(options.first_batch / options.batches_per_epoch),
      order_(std::in_place, options.order, epoch_),
      position_(options.first_batch % options.batches_per_epoch * options.batch_size) {
  ensure(epoch_end_ > 0 && epoch_end_ <= options.order.samples, "an epoch has batches, and samples for them");
  ensure(options.places.count > 0, "a rank without places needs no rows");
}

WantedRows RankOrder::next() {
  WantedRows wanted;
  while (wanted.rows.empty()) {
    if (position_ == epoch_end_) {
      order_.emplace(options_.order, ++epoch_);
      position_ = 0;
    }
    const std::int64_t window = order_->window_of(position_);
    const std::int64_t end = std::min(order_->window_begin(window + 1), epoch_end_);
    wanted = {.chunks = order_->window_chunks(window), .rows = rows_of_rank(window, end)};
    position_ = end;
  }
  return wanted;
}

// Of the positions from position_ to `end`, those that are this rank's places in some batch.
std::vector<std::int64_t> RankOrder::rows_of_rank(std::int64_t window, std::int64_t end) const {
  const std::vector<std::int64_t> rows = order_->window_rows(window);
  const std::int64_t window_begin = order_->window_begin(window);
  const std::int64_t batch_size = options_.batch_size;
  std::vector<std::int64_t> mine;
  for (std::int64_t batch = position_ / batch_size * batch_size; batch < end; batch += batch_size) {
    const std::int64_t first = std::max(batch + options_.places.first, position_);
    const std::int64_t after = std::min(batch + options_.places.first + options_.places.count, end);
    if (first < after)
      mine.insert(mine.end(), rows.begin() + (first - window_begin), rows.begin() + (after - window_begin));
  }
  return mine;
}

}  // namespace ganymede
