#include "data/batch.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

PlaceRange places_of_rank(std::int64_t global_batch_size, int rank, int size, std::int64_t together) {
  ensure(global_batch_size % together == 0, "groups of places divide the batch");
  if (together > 1) {
    const PlaceRange groups = places_of_rank(global_batch_size / together, rank, size);
    return {.first = groups.first * together, .count = groups.count * together};
  }
  ensure(rank >= 0 && rank < size, "a rank is below the number of ranks");
  const std::int64_t even = global_batch_size / size;
  const std::int64_t larger = global_batch_size % size;
  return {.first = even * rank + std::min<std::int64_t>(rank, larger),
          .count = even + (rank < larger ? 1 : 0)};
}

}  // namespace ganymede
