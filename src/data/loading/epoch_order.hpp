// The order of an epoch: which sample of a dataset, or of a node's part of it, stands at which position. A
// pure function of the options and the epoch; ranks and threads have no part in it.
//
// Chunk i is the samples i * rows_per_chunk and following. The chunks are permuted over the whole dataset;
// chunks_per_window neighbours in that permutation form a window, whose samples are shuffled among
// themselves. So a dataset larger than memory is read by whole chunks, one window at a time.
#pragma once

#include <cstdint>
#include <vector>

namespace ganymede {

struct EpochOrderOptions {
  std::uint64_t seed = 0;
  std::int64_t samples = 0;
  std::int64_t rows_per_chunk = 64;
  std::int64_t chunks_per_window = 1024;
  std::uint8_t source = 0;  // of several datasets, each is shuffled in its own way
  std::uint8_t node = 0;    // likewise, of several parts of a dataset
};

// The number in the dataset of a row among those of a window's chunks.
std::int64_t sample_of_row(const std::vector<std::int64_t>& window_chunks, std::int64_t rows_per_chunk,
                           std::int64_t row);

class EpochOrder {
 public:
  EpochOrder(const EpochOrderOptions& options, std::int64_t epoch);

  std::int64_t window_count() const;
  // The position in the epoch of the window's first sample; window_begin(window_count()) is `samples`.
  std::int64_t window_begin(std::int64_t window) const;
  std::int64_t window_of(std::int64_t position) const;
  // Sorted, as a disk likes to read them.
  std::vector<std::int64_t> window_chunks(std::int64_t window) const;
  // Of each position, the place of its sample among the rows of window_chunks, one chunk after another.
  std::vector<std::int64_t> window_rows(std::int64_t window) const;
  // The same as sample numbers.
  std::vector<std::int64_t> window_samples(std::int64_t window) const;

 private:
  EpochOrderOptions options_;
  std::int64_t epoch_;
  std::vector<std::int64_t> chunks_;  // [place in the permutation]
  std::int64_t short_window_ = 0;     // the window with the last chunk, which lacks missing_rows_
  std::int64_t missing_rows_ = 0;
};

}  // namespace ganymede
