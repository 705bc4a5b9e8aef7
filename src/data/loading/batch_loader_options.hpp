// What batches are made of, and how far ahead.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace ganymede {

struct BatchLoaderOptions {
  std::uint64_t seed = 0;
  std::uint8_t source = 0;  // of several, each has an order of its own
  std::int64_t global_batch_size = 64;
  std::int64_t nodes = 1;                              // that the shards are dealt to, see data_part.hpp
  std::int64_t places_together = 1;                    // groups of so many places stay on one rank
  double pixel_low = -1, pixel_high = 1;               // what pixels 0 and 255 become
  bool horizontal_flip = false;                        // mirror each image with probability 1/2
  std::int64_t window_bytes = std::int64_t{16} << 20;  // shuffled together; a rank keeps its share of it
  int prefetch_batches = 4;
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;  // where batches end up
  std::int64_t first_batch = 0;  // where to resume
};

}  // namespace ganymede
