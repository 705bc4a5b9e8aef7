// Makes datasets of points in the plane whose law is known, on which lost modes can be counted: the ring and
// the grid of the protocol of PacGAN (Lin et al. 2018, section 4.1).
#pragma once

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct ModeDatasetOptions {
  std::filesystem::path out;  // must not exist
  std::int64_t samples = 100'000;
  std::uint64_t seed = 1;
  int shards = 1;
};

// Centers at equal angles on a circle around 0, the first one to the right.
struct RingOptions {
  int modes = 8;
  double radius = 1;
  double standard_deviation = 0.01;
};
ModeLaw ring_law(const RingOptions& options);

// Centers at {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4}.
ModeLaw grid_law(double standard_deviation = 0.05);

// Draws the points from the law; the label of a point is the number of its mode. The same seed gives the same
// bytes, and more samples begin with the same ones. A failure leaves nothing behind.
DatasetIndex make_mode_dataset(const ModeLaw& law, const ModeDatasetOptions& options);

}  // namespace ganymede
