// Makes the dataset of stacked digits (Metz et al. 2017, "Unrolled GANs", section 3.3.1): three grey images
// drawn at random are the red, green and blue of one image, whose class is the number that they spell.
#pragma once

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct StackedDigitsOptions {
  std::filesystem::path source;  // a dataset of grey images of 2 to 10 classes; it is held in memory
  std::filesystem::path out;     // must not exist
  std::int64_t samples = 128'000;
  std::uint64_t seed = 1;
  int shards = 1;
};

// Of 10 classes it makes 1,000, "000" to "999": the label of the digits a, b, c is 100 a + 10 b + c. Throws
// UserError if the source is not of that kind. A failure leaves nothing behind.
DatasetIndex make_stacked_digits(const StackedDigitsOptions& options);

}  // namespace ganymede
