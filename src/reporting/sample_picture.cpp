#include "reporting/sample_picture.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "storage/pictures/png_image.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostColumns = 20;
constexpr std::int64_t kSide = 480;
constexpr std::int64_t kDotRadius = 1;  // a dot is 3 x 3
constexpr std::int64_t kBarWidth = 8, kBars = kSide / kBarWidth;
constexpr std::array<std::uint8_t, 3> kAxis = {210, 210, 210}, kDot = {31, 90, 180};  // red, green, blue

// The next of 1, 2, 5, 10, ... that is above everything drawn, so that plots of a run can be compared.
double round_extent(double largest) {
  double extent = 1;
  for (int i = 0; extent < largest && extent < 1e6; ++i) extent *= i % 3 == 1 ? 2.5 : 2;
  return extent;
}

at::Tensor empty_plot() {
  return at::full({3, kSide, kSide}, 255, at::kByte);
}

// What of the rectangle lies on the plot gets the colour.
void fill(const at::Tensor& plot, std::int64_t top, std::int64_t height, std::int64_t left,
          std::int64_t width, const std::array<std::uint8_t, 3>& colour) {
  auto* bytes = plot.mutable_data_ptr<std::uint8_t>();
  const std::int64_t bottom = std::min(kSide, top + height), right = std::min(kSide, left + width);
  for (std::int64_t channel = 0; channel < 3; ++channel)
    for (std::int64_t y = std::max<std::int64_t>(0, top); y < bottom; ++y)
      for (std::int64_t x = std::max<std::int64_t>(0, left); x < right; ++x)
        bytes[(channel * kSide + y) * kSide + x] = colour[static_cast<std::size_t>(channel)];
}

// A generator that has diverged makes points that are nowhere.
at::Tensor finite_rows(const at::Tensor& points) {
  const at::Tensor finite = points.to(at::kDouble).isfinite().all(1);
  return points.to(at::kDouble).index_select(0, finite.nonzero().flatten());
}

// Coordinates from -extent to extent as pixels 0 to kSide; those far outside keep a place outside.
at::Tensor pixel_places(const at::Tensor& coordinates, double extent) {
  return ((coordinates / extent).clamp(-10, 10) + 1).mul(kSide / 2).round().to(at::kLong);
}

}  // namespace

bool has_column_a_class(const SampleForm& form) {
  return form.kind == SampleForm::Kind::pictures && form.classes > 1 && form.classes <= kMostColumns;
}

at::Tensor make_scatter_plot(const at::Tensor& points, double extent) {
  ensure(points.dim() == 2 && points.size(1) == 2, "points are [count, 2]");
  const at::Tensor plot = empty_plot();
  fill(plot, kSide / 2, 1, 0, kSide, kAxis);
  fill(plot, 0, kSide, kSide / 2, 1, kAxis);
  const at::Tensor places = pixel_places(finite_rows(points), extent);
  const auto place = places.accessor<std::int64_t, 2>();
  for (std::int64_t i = 0; i < places.size(0); ++i)
    fill(plot, kSide - place[i][1] - kDotRadius, 2 * kDotRadius + 1, place[i][0] - kDotRadius,
         2 * kDotRadius + 1, kDot);
  return plot;
}

at::Tensor make_histogram(const at::Tensor& numbers, double extent) {
  ensure(numbers.dim() == 2 && numbers.size(1) == 1, "numbers are [count, 1]");
  const at::Tensor plot = empty_plot();
  const at::Tensor bars = pixel_places(finite_rows(numbers), extent).flatten().div(kBarWidth, "floor");
  const at::Tensor counts = at::bincount(bars.masked_select((bars >= 0) & (bars < kBars)), {}, kBars);
  const std::int64_t highest = std::max<std::int64_t>(1, counts.max().item<std::int64_t>());
  for (std::int64_t bar = 0; bar < kBars; ++bar) {
    const std::int64_t height = counts[bar].item<std::int64_t>() * (kSide - kBarWidth) / highest;
    fill(plot, kSide - height, height, bar * kBarWidth, kBarWidth - 1, kDot);
  }
  fill(plot, 0, kSide, kSide / 2, 1, kAxis);
  return plot;
}

std::int64_t grid_columns(const SampleForm& form, bool of_one) {
  if (of_one) return 0;
  return has_column_a_class(form) ? form.classes : form.samples_a_text;
}

void write_point_picture(const std::filesystem::path& file, const at::Tensor& points) {
  const at::Tensor shown = points.narrow(1, 0, std::min<std::int64_t>(2, points.size(1)));
  const at::Tensor finite = finite_rows(shown);
  const double extent = round_extent(finite.numel() > 0 ? 1.25 * finite.abs().max().item<double>() : 1);
  write_png(file, shown.size(1) == 1 ? make_histogram(shown, extent) : make_scatter_plot(shown, extent));
}

}  // namespace ganymede
