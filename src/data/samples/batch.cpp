#include "data/samples/batch.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

std::vector<Batch> split_rows(const Batch& batch, std::int64_t parts) {
  if (parts == 1) return {batch};
  const std::int64_t rows = batch.rows() / parts;
  ensure(rows * parts == batch.rows(), "equal slices cover the batch");
  std::vector<Batch> slices(static_cast<std::size_t>(parts), batch);
  for (std::int64_t i = 0; i < parts; ++i) {
    Batch& slice = slices[static_cast<std::size_t>(i)];
    for (at::Tensor& field : slice.fields) field = field.narrow(0, i * rows, rows);
    slice.first_place += i * rows;
  }
  return slices;
}

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
