#include "reporting/sample_grid.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.hpp"
#include "data/loading/pixel_table.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kGap = 2;              // pixels between images, before enlarging
constexpr std::int64_t kReadableWidth = 480;  // grids narrower than this are enlarged
constexpr std::uint8_t kBackground = 255;

// What a picture shows of images [count, channels, ...]: three channels as colours, one as grey; of any other
// number the first three, or of two the first.
at::Tensor visible_channels(const at::Tensor& images) {
  return images.narrow(1, 0, images.size(1) < 3 ? 1 : 3);
}

std::int64_t columns_of(const SampleGridOptions& options) {
  ensure(options.count > 0, "a grid shows at least one image");
  return options.columns > 0
             ? options.columns
             : static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(options.count))));
}

at::Tensor enlarged(const at::Tensor& pixels, std::int64_t factor) {
  return pixels.repeat_interleave(factor, 1).repeat_interleave(factor, 2);
}

}  // namespace

SampleGrid::SampleGrid(std::filesystem::path file, const SampleGridOptions& options)
    : file_(std::move(file)), options_(options), columns_(columns_of(options)) {}

void SampleGrid::append(const at::Tensor& images) {
  const auto [low, high] = std::pair(options_.low, options_.high);
  const at::Tensor pixels = to_pixels(visible_channels(images).nan_to_num(low, high, low), low, high);
  if (!picture_) open(pixels);
  appended_ += pixels.size(0);
  ensure(appended_ <= options_.count, "no more images are appended than announced");
  const std::int64_t width = pixels.size(3);
  for (const at::Tensor& image : pixels.unbind()) {
    row_.narrow(1, kGap, image.size(1)).narrow(2, kGap + in_row_ * (width + kGap), width).copy_(image);
    if (++in_row_ == columns_) write_row();
  }
}

void SampleGrid::publish() {
  ensure(appended_ == options_.count, "as many images are appended as announced");
  if (in_row_ > 0) write_row();
  picture_->append(enlarged(row_.narrow(1, 0, kGap), factor_));
  picture_->publish();
}

void SampleGrid::open(const at::Tensor& pixels) {
  const std::int64_t channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
  const std::int64_t rows = (options_.count + columns_ - 1) / columns_;
  row_ = at::full({channels, kGap + height, kGap + columns_ * (width + kGap)}, kBackground, at::kByte);
  factor_ = std::max<std::int64_t>(1, (kReadableWidth + row_.size(2) - 1) / row_.size(2));
  picture_.emplace(file_, channels, factor_ * (rows * row_.size(1) + kGap), factor_ * row_.size(2));
}

void SampleGrid::write_row() {
  picture_->append(enlarged(row_, factor_));
  row_.fill_(kBackground);
  in_row_ = 0;
}

}  // namespace ganymede
