#include "data/batch.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

PlaceRange places_of_rank(std::int64_t global_batch_size, int rank, int size) {
  ensure(rank >= 0 && rank < size, "a rank is below the number of ranks");
  const std::int64_t even = global_batch_size / size;
  const std::int64_t larger = global_batch_size % size;
  return {.first = even * rank + std::min<std::int64_t>(rank, larger),
          .count = even + (rank < larger ? 1 : 0)};
}

}  // namespace ganymede
