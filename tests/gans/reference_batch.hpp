// The real images of the reference runs: uniform pixels from the test stream, so that any process can make
// any rows of any step.
#pragma once

#include "base/image_shape.hpp"
#include "base/random_tensor.hpp"
#include "data/batch.hpp"

namespace ganymede {

inline constexpr ImageShape kReferenceShape{.channels = 1, .height = 28, .width = 28};
inline constexpr std::int64_t kReferenceBatchSize = 64;

// Rows first_place ... of the global batch of one step.
inline Batch reference_batch(std::uint64_t seed, std::int64_t step, std::int64_t first_place,
                             std::int64_t rows, at::ScalarType dtype) {
  const RandomStream stream(seed, {.purpose = Purpose::test}, static_cast<std::uint32_t>(step));
  return {
      .images = draw_uniform(stream, first_place,
                             {rows, kReferenceShape.channels, kReferenceShape.height, kReferenceShape.width},
                             -1.0, 1.0, dtype),
      .labels = {},
      .first_place = first_place,
      .global_batch_size = kReferenceBatchSize,
      .epoch = 0,
      .step = step};
}

}  // namespace ganymede
