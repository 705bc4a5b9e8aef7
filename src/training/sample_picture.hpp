// What a GAN's samples look like: a grid of images, a column a class where it is conditional; points as a
// scatter plot of their first two coordinates, of one alone as a histogram.
#pragma once

#include <filesystem>

#include "gans/gan.hpp"

namespace ganymede {

struct SamplePictureOptions {
  double pixel_low = -1, pixel_high = 1;  // what black and white are
  std::int64_t classes = 0;               // of a conditional GAN, else 0
  bool points = false;                    // samples are points, not images
};

// How many samples the pictures of a run show.
std::int64_t picture_sample_count(const SamplePictureOptions& options);

void write_sample_picture(const std::filesystem::path& file, const Samples& samples,
                          const SamplePictureOptions& options);

// points [count, 2] as dots on white, uint8 [3, side, side]; both axes reach from -extent to extent. What is
// not finite is left out.
at::Tensor make_scatter_plot(const at::Tensor& points, double extent);

// How often numbers [count, 1] fall into equal parts of -extent to extent, as bars; likewise.
at::Tensor make_histogram(const at::Tensor& numbers, double extent);

}  // namespace ganymede
