#include "reporting/sample_grid.hpp"

#include <cmath>

#include "base/error.hpp"
#include "data/loading/pixel_table.hpp"
#include "storage/png_image.hpp"

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

}  // namespace

at::Tensor make_sample_grid(const at::Tensor& images, double low, double high, std::int64_t columns) {
  ensure(images.dim() == 4 && images.size(0) > 0, "a grid shows at least one image");
  const at::Tensor bytes = to_pixels(visible_channels(images).nan_to_num(low, high, low), low, high);
  const std::int64_t count = bytes.size(0), channels = bytes.size(1), height = bytes.size(2),
                     width = bytes.size(3);
  if (columns == 0) columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::int64_t rows = (count + columns - 1) / columns;

  at::Tensor grid = at::full({channels, kGap + rows * (height + kGap), kGap + columns * (width + kGap)},
                             kBackground, at::kByte);
  for (std::int64_t i = 0; i < count; ++i)
    grid.narrow(1, kGap + i / columns * (height + kGap), height)
        .narrow(2, kGap + i % columns * (width + kGap), width)
        .copy_(bytes[i]);
  const std::int64_t factor = std::max<std::int64_t>(1, (kReadableWidth + grid.size(2) - 1) / grid.size(2));
  return grid.repeat_interleave(factor, 1).repeat_interleave(factor, 2).contiguous();
}

void write_sample_grid(const std::filesystem::path& file, const at::Tensor& images, double low, double high,
                       std::int64_t columns) {
  write_png(file, make_sample_grid(images, low, high, columns));
}

}  // namespace ganymede
