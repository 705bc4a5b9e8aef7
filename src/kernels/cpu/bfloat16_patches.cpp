// A product of blocks takes its right factor in pairs of terms, the numbers of two terms beside each other.
// Terms are pixels of the features, an even number an image: the last of an odd number counts 0 times.
// Columns are what a line of the kernel sees, [kernel width][channels], which lies in an image as it is
// needed.
#include "kernels/cpu/bfloat16_patches.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/bfloat16.hpp"

namespace ganymede::bfloat16_patches {
namespace {

using Half = at::BFloat16;

struct Shape {
  std::int64_t channels, height, width, out, feature_height, feature_width;
  patches::Window window;

  std::int64_t pixels() const { return feature_height * feature_width; }
  std::int64_t terms() const { return (pixels() + 1) / 2 * 2; }
  std::int64_t line_taps() const { return window.kernel[1] * channels; }
  std::int64_t canvas_height() const { return window.canvas(0, height, feature_height); }
  std::int64_t canvas_width() const { return window.canvas(1, width, feature_width); }
  std::int64_t canvas_size() const { return canvas_height() * canvas_width() * channels; }
};

// image [height][width][channels] into canvas, among its zeros
void read_image(const Half* image, const Shape& shape, Half* canvas) {
  const std::int64_t line = shape.width * shape.channels;
  for (std::int64_t y = 0; y < shape.height; ++y) {
    const std::int64_t first = (y + shape.window.padding[0]) * shape.canvas_width() + shape.window.padding[1];
    std::copy_n(image + y * line, line, canvas + first * shape.channels);
  }
}

// features [pixels][out] of one image into rows `stride` apart, each with its terms
void read_features(const Half* features, const Shape& shape, std::int64_t stride, Half* rows) {
  cpu::transpose(features, shape.out, shape.pixels(), shape.out, rows, stride);
  if (shape.terms() > shape.pixels())
    for (std::int64_t out = 0; out < shape.out; ++out) rows[out * stride + shape.pixels()] = Half(0.0F);
}

// What line ky of the kernel sees of one image, [terms / 2][line_taps()] pairs
void pair_patches(const Half* canvas, const Shape& shape, std::int64_t ky, std::uint32_t* pairs) {
  const auto seen = [&](std::int64_t term) {
    const std::int64_t pixel = std::min(term, shape.pixels() - 1);
    const std::int64_t y = pixel / shape.feature_width * shape.window.stride[0] + ky,
                       x = pixel % shape.feature_width * shape.window.stride[1];
    return canvas + (y * shape.canvas_width() + x) * shape.channels;
  };
  for (std::int64_t term = 0; term < shape.terms(); term += 2, pairs += shape.line_taps())
    cpu::pair(seen(term), seen(term + 1), shape.line_taps(), pairs);
}

}  // namespace

at::Tensor weight_gradient(const at::Tensor& images, const at::Tensor& features,
                           const patches::Window& window) {
  constexpr std::int64_t kTerms = 128;  // of a product, about: patches of so many pixels stay near
  const Shape shape{.channels = images.size(1),
                    .height = images.size(2),
                    .width = images.size(3),
                    .out = features.size(1),
                    .feature_height = features.size(2),
                    .feature_width = features.size(3),
                    .window = window};
  const std::int64_t rows = images.size(0), together = std::max<std::int64_t>(1, kTerms / shape.terms());
  const auto* image_numbers = images.const_data_ptr<Half>();
  const auto* feature_numbers = features.const_data_ptr<Half>();
  at::Tensor sums = at::empty({window.kernel[0], shape.out, window.kernel[1], shape.channels}, at::kFloat);
  auto* const sum = sums.mutable_data_ptr<float>();
  at::parallel_for(0, window.kernel[0], 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Half> canvases(static_cast<std::size_t>(together * shape.canvas_size()));
    std::vector<Half> left(static_cast<std::size_t>(together * shape.terms() * shape.out));
    std::vector<std::uint32_t> right(
        static_cast<std::size_t>(together * shape.terms() / 2 * shape.line_taps()));
    for (std::int64_t first = 0; first < rows; first += together) {
      const std::int64_t count = std::min(together, rows - first), terms = count * shape.terms();
      for (std::int64_t i = 0; i < count; ++i) {
        read_image(image_numbers + (first + i) * shape.channels * shape.height * shape.width, shape,
                   canvases.data() + i * shape.canvas_size());
        read_features(feature_numbers + (first + i) * shape.out * shape.pixels(), shape, terms,
                      left.data() + i * shape.terms());
      }
      for (std::int64_t ky = begin; ky < end; ++ky) {
        for (std::int64_t i = 0; i < count; ++i)
          pair_patches(canvases.data() + i * shape.canvas_size(), shape, ky,
                       right.data() + i * shape.terms() / 2 * shape.line_taps());
        at::native::cpublas::brgemm(
            shape.out, shape.line_taps(), terms, terms, shape.line_taps(), shape.line_taps(),
            /*add_C=*/first > 0, left.data(), reinterpret_cast<const Half*>(right.data()),
            sum + ky * shape.out * shape.line_taps());
      }
    }
    at::native::cpublas::brgemm_release();
  });
  return sums.permute({1, 3, 0, 2}).contiguous();
}

}  // namespace ganymede::bfloat16_patches
