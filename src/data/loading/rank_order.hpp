// Which samples of a part a rank needs, in the order of its places, a window at a time, epoch after epoch.
#pragma once

#include <optional>
#include <vector>

#include "data/loading/epoch_order.hpp"
#include "data/samples/batch.hpp"

namespace ganymede {

struct RankOrderOptions {
  EpochOrderOptions order;
  std::int64_t batch_size = 0;  // of the slice of every global batch that the part serves
  std::int64_t batches_per_epoch = 0;
  std::int64_t first_batch = 0;
  PlaceRange places;  // of this rank in every slice; at least one
};

// What a rank needs of one window.
struct WantedRows {
  std::vector<std::int64_t> chunks;  // all of the window, sorted
  std::vector<std::int64_t> rows;    // this rank's, place by place: numbers among the rows of `chunks`
};

class RankOrder {
 public:
  explicit RankOrder(const RankOrderOptions& options);

  // Of the next window that has rows for this rank.
  WantedRows next();

 private:
  std::vector<std::int64_t> rows_of_rank(std::int64_t window, std::int64_t end) const;

  RankOrderOptions options_;
  std::int64_t epoch_end_;  // position after the last whole batch
  std::int64_t epoch_;
  std::optional<EpochOrder> order_;
  std::int64_t position_;  // in the epoch, of the next window's first row
};

}  // namespace ganymede
