// Datasets of sequences that the program draws.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct DrawnSequencesOptions {
  std::filesystem::path out;  // must not exist
  std::int64_t samples = 1000;
  std::int64_t length = 10;
  std::int64_t vocabulary = 100;  // tokens are below it
  std::uint64_t seed = 1;
  int shards = 1;
};

// Samples first ... first + count - 1, int32 [count, length].
using DrawSequences = std::function<at::Tensor(std::int64_t first, std::int64_t count)>;

// Writes what `draw` gives. A failure leaves nothing behind.
DatasetIndex write_drawn_sequences(const DrawnSequencesOptions& options, const DrawSequences& draw);

// The tutorial's data of section 3.3, which follow no law: each token is uniform and independent. The same
// seed gives the same bytes, and more samples begin with the same ones.
DatasetIndex make_random_sequences(const DrawnSequencesOptions& options);

}  // namespace ganymede
