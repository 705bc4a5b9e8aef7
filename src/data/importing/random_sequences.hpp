// Makes the tutorial's data of section 3.3: sequences of integers that follow no law.
#pragma once

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct RandomSequencesOptions {
  std::filesystem::path out;  // must not exist
  std::int64_t samples = 1000;
  std::int64_t length = 10;
  std::int64_t vocabulary = 100;
  std::uint64_t seed = 1;
  int shards = 1;
};

// Each token is uniform and independent. The same seed gives the same bytes, and more samples begin with the
// same ones. A failure leaves nothing behind.
DatasetIndex make_random_sequences(const RandomSequencesOptions& options);

}  // namespace ganymede
