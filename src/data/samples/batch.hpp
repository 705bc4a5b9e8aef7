// What a training step gets: this rank's slice of one global batch of a source.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ganymede {

struct Batch {
  // [field of the source's DataSpec], each [local, shape...]: pixels and numbers floating, pixels in the
  // range of BatchLoaderOptions, labels and tokens int64.
  std::vector<at::Tensor> fields;
  std::int64_t first_place = 0;  // of the first local sample in the global batch
  std::int64_t global_batch_size = 0;
  std::int64_t epoch = 0;
  std::int64_t number = 0;  // of the source's batches since the start of training, over all epochs

  std::int64_t rows() const { return fields.front().size(0); }
};

// This rank's slices of the global batches of one step: [source][batch].
using StepData = std::vector<std::vector<Batch>>;

// Places first .. first + count - 1 of a global batch.
struct PlaceRange {
  std::int64_t first = 0, count = 0;
};

// The batch's rows in `parts` slices of equal size, in order. They share its memory.
std::vector<Batch> split_rows(const Batch& batch, std::int64_t parts);

// Contiguous slices as even as possible; the first ranks take the larger ones. Groups of `together`
// consecutive places, which divide the batch, stay on one rank.
PlaceRange places_of_rank(std::int64_t global_batch_size, int rank, int size, std::int64_t together = 1);

}  // namespace ganymede
