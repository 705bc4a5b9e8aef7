// Samples in memory, from which a rank takes its places one after another.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/loading/bounded_queue.hpp"

namespace ganymede {

struct RowWindow {
  std::vector<at::Tensor> fields;   // [field]: [rows, shape...] as stored
  std::vector<std::int64_t> order;  // rows of the fields, place by place
};

// The windows of one part of a dataset, on their way from the thread that reads them to the one that makes
// batches of them.
struct RowStream {
  explicit RowStream(std::int64_t places_of_batch) : places(places_of_batch) {}

  std::int64_t places;  // of each of this rank's batches that it fills
  BoundedQueue<RowWindow> windows{1};
};

}  // namespace ganymede
