#include "data/importing/image_fit.hpp"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/luminance.hpp"

namespace ganymede {
namespace {

// Exact in proportions to half a pixel of the source.
at::Tensor cut_centre(const at::Tensor& image, const ImageShape& shape) {
  const auto height = static_cast<double>(image.size(1)), width = static_cast<double>(image.size(2));
  const double scale =
      std::min(height / static_cast<double>(shape.height), width / static_cast<double>(shape.width));
  const auto side = [&](std::int64_t wanted, std::int64_t found) {
    return std::clamp<std::int64_t>(std::llround(scale * static_cast<double>(wanted)), 1, found);
  };
  const std::int64_t rows = side(shape.height, image.size(1)), columns = side(shape.width, image.size(2));
  return image.narrow(1, (image.size(1) - rows) / 2, rows).narrow(2, (image.size(2) - columns) / 2, columns);
}

// One channel at a time, since floats take four times the memory of bytes. float32 [channels, height, width]
at::Tensor resize(const at::Tensor& image, const ImageShape& shape) {
  std::vector<at::Tensor> channels;
  for (std::int64_t channel = 0; channel < image.size(0); ++channel) {
    const at::Tensor plane = image[channel].to(at::kFloat).unsqueeze(0).unsqueeze(0);
    const bool fits = plane.size(2) == shape.height && plane.size(3) == shape.width;
    channels.push_back(fits ? plane[0][0]
                            : at::_upsample_bilinear2d_aa(plane, {shape.height, shape.width}, false)[0][0]);
  }
  return at::stack(channels);
}

}  // namespace

at::Tensor fit_image(const at::Tensor& image, const ImageShape& shape) {
  ensure(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
         "a picture has 1 or 3 channels");
  at::Tensor fitted = resize(cut_centre(image, shape), shape);
  // Resizing is linear, so the channels may be mixed afterwards.
  if (shape.channels == 1 && fitted.size(0) == 3)
    fitted = (kLuminance[0] * fitted[0] + kLuminance[1] * fitted[1] + kLuminance[2] * fitted[2]).unsqueeze(0);
  if (shape.channels == 3 && fitted.size(0) == 1) fitted = fitted.expand({3, shape.height, shape.width});
  return fitted.round().clamp(0, 255).to(at::kByte).contiguous();
}

}  // namespace ganymede
