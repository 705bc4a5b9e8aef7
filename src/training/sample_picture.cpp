#include "training/sample_picture.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "storage/png_image.hpp"
#include "training/sample_grid.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kImages = 64, kPoints = 2000;
constexpr std::int64_t kMostColumns = 20, kRowsOfClasses = 8;
constexpr std::int64_t kSide = 480;
constexpr std::int64_t kDotRadius = 1;                        // a dot is 3 x 3
constexpr std::uint8_t kAxis = 210, kDot[3] = {31, 90, 180};  // grey level; red, green, blue

bool has_column_a_class(const SamplePictureOptions& options) {
  return options.classes > 1 && options.classes <= kMostColumns;
}

// The next of 1, 2, 5, 10, ... that is above everything drawn, so that plots of a run can be compared.
double round_extent(double largest) {
  double extent = 1;
  for (int i = 0; extent < largest && extent < 1e6; ++i) extent *= i % 3 == 1 ? 2.5 : 2;
  return extent;
}

}  // namespace

std::int64_t picture_sample_count(const SamplePictureOptions& options) {
  if (options.points) return kPoints;
  return has_column_a_class(options) ? kRowsOfClasses * options.classes : kImages;
}

at::Tensor make_scatter_plot(const at::Tensor& points, double extent) {
  ensure(points.dim() == 2 && points.size(1) == 2, "points are [count, 2]");
  at::Tensor plot = at::full({3, kSide, kSide}, 255, at::kByte);
  plot.narrow(1, kSide / 2, 1).fill_(kAxis);
  plot.narrow(2, kSide / 2, 1).fill_(kAxis);
  const at::Tensor pixels = ((points.to(at::kDouble) / extent + 1) * (kSide / 2)).round().to(at::kLong);
  auto* bytes = plot.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const std::int64_t column = pixels[i][0].item<std::int64_t>();
    const std::int64_t row = kSide - pixels[i][1].item<std::int64_t>();
    for (std::int64_t y = row - kDotRadius; y <= row + kDotRadius; ++y)
      for (std::int64_t x = column - kDotRadius; x <= column + kDotRadius; ++x)
        if (y >= 0 && y < kSide && x >= 0 && x < kSide)
          for (int channel = 0; channel < 3; ++channel)
            bytes[(channel * kSide + y) * kSide + x] = kDot[channel];
  }
  return plot;
}

void write_sample_picture(const std::filesystem::path& file, const Samples& samples,
                          const SamplePictureOptions& options) {
  if (!options.points)
    return write_sample_grid(file, samples.images, options.pixel_low, options.pixel_high,
                             samples.labels.defined() && has_column_a_class(options) ? options.classes : 0);
  const at::Tensor points = samples.images.flatten(1);
  require(points.size(1) == 2, "a picture of points needs 2 dimensions; these have {}", points.size(1));
  write_png(file, make_scatter_plot(points, round_extent(1.25 * points.abs().max().item<double>())));
}

}  // namespace ganymede
