// Compiled with -O3: vectorised.
#include "kernels/cpu/patches.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/block_product.hpp"

namespace ganymede::patches {
namespace {

struct Shape {
  std::int64_t channels;
  std::array<std::int64_t, 2> image, features;
  Window window;

  std::int64_t image_size() const { return channels * image[0] * image[1]; }
  std::int64_t taps() const { return channels * window.kernel[0] * window.kernel[1]; }
  std::int64_t pixels() const { return features[0] * features[1]; }
  // Lines of features whose patches are multiplied at once.
  std::int64_t lines_at_once() const {
    constexpr std::int64_t kPixels = 256;
    return std::clamp<std::int64_t>(kPixels / features[1], 1, features[0]);
  }
  std::int64_t pixels_at_once() const { return lines_at_once() * features[1]; }
};

Shape shape_of(const at::Tensor& images, at::IntArrayRef feature_sides, const Window& window) {
  return {.channels = images.size(1),
          .image = {images.size(2), images.size(3)},
          .features = {feature_sides[0], feature_sides[1]},
          .window = window};
}

// Some lines of the features.
struct Lines {
  std::int64_t first, count;
};

// An image among zeros, as many as patches reach.
template <typename T>
class Canvas {
 public:
  explicit Canvas(const Shape& shape)
      : shape_(shape),
        sides_{side(0), side(1)},
        pixels_(static_cast<std::size_t>(shape.channels * sides_[0] * sides_[1])) {}

  void clear() { std::fill(pixels_.begin(), pixels_.end(), T(0)); }
  void read(const T* image) {
    for (std::int64_t channel = 0; channel < shape_.channels; ++channel)
      for (std::int64_t y = 0; y < shape_.image[0]; ++y, image += shape_.image[1])
        std::copy_n(image, shape_.image[1], line(channel, y));
  }
  void write(T* image) {
    for (std::int64_t channel = 0; channel < shape_.channels; ++channel)
      for (std::int64_t y = 0; y < shape_.image[0]; ++y, image += shape_.image[1])
        std::copy_n(line(channel, y), shape_.image[1], image);
  }
  // The first pixel that a tap sees along a line of features.
  T* seen(std::int64_t channel, std::int64_t ky, std::int64_t kx, std::int64_t feature_line) {
    const std::int64_t y = feature_line * shape_.window.stride[0] + ky * shape_.window.dilation[0];
    return pixels_.data() + (channel * sides_[0] + y) * sides_[1] + kx * shape_.window.dilation[1];
  }

 private:
  std::int64_t side(int i) const { return shape_.window.canvas(i, shape_.image[i], shape_.features[i]); }
  T* line(std::int64_t channel, std::int64_t y) {
    return pixels_.data() + (channel * sides_[0] + y + shape_.window.padding[0]) * sides_[1] +
           shape_.window.padding[1];
  }

  const Shape shape_;
  const std::array<std::int64_t, 2> sides_;
  std::vector<T> pixels_;
};

// visit(pixels that a tap sees, number of the tap, number of their first feature among the lines'), line by
// line of the features.
template <typename T, typename Visit>
[[gnu::always_inline]] inline void for_each_tap(Canvas<T>& canvas, const Shape& shape, Lines lines,
                                                const Visit& visit) {
  std::int64_t tap = 0;
  for (std::int64_t channel = 0; channel < shape.channels; ++channel)
    for (std::int64_t ky = 0; ky < shape.window.kernel[0]; ++ky)
      for (std::int64_t kx = 0; kx < shape.window.kernel[1]; ++kx, ++tap)
        for (std::int64_t line = 0; line < lines.count; ++line)
          visit(canvas.seen(channel, ky, kx, lines.first + line), tap, line * shape.features[1]);
}

// Patches lie in columns, [taps][pixels], or in rows, [pixels][`stride`].
#define GANYMEDE_PATCHES(T)                                                                                 \
  GANYMEDE_VECTORISED void read_columns(Canvas<T>& canvas, const Shape& shape, Lines lines, T* to) {        \
    const std::int64_t width = shape.features[1], step = shape.window.stride[1];                            \
    for_each_tap(canvas, shape, lines, [&](const T* from, std::int64_t tap, std::int64_t first) {           \
      T* const column = to + tap * lines.count * width + first;                                             \
      for (std::int64_t x = 0; x < width; ++x) column[x] = from[x * step];                                  \
    });                                                                                                     \
  }                                                                                                         \
  GANYMEDE_VECTORISED void add_columns(Canvas<T>& canvas, const Shape& shape, Lines lines, const T* from) { \
    const std::int64_t width = shape.features[1], step = shape.window.stride[1];                            \
    for_each_tap(canvas, shape, lines, [&](T* to, std::int64_t tap, std::int64_t first) {                   \
      const T* const column = from + tap * lines.count * width + first;                                     \
      for (std::int64_t x = 0; x < width; ++x) to[x * step] += column[x];                                   \
    });                                                                                                     \
  }                                                                                                         \
  GANYMEDE_VECTORISED void read_rows(Canvas<T>& canvas, const Shape& shape, Lines lines,                    \
                                     std::int64_t stride, T* to) {                                          \
    const std::int64_t width = shape.features[1], step = shape.window.stride[1];                            \
    for_each_tap(canvas, shape, lines, [&](const T* from, std::int64_t tap, std::int64_t first) {           \
      T* const rows = to + first * stride + tap;                                                            \
      for (std::int64_t x = 0; x < width; ++x) rows[x * stride] = from[x * step];                           \
    });                                                                                                     \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_PATCHES)

// visit(lines) for one block of lines after another.
template <typename Visit>
void for_each_block(const Shape& shape, const Visit& visit) {
  for (std::int64_t first = 0; first < shape.features[0]; first += shape.lines_at_once())
    visit(Lines{first, std::min(shape.lines_at_once(), shape.features[0] - first)});
}

// The part of features [out][pixels] on these lines.
template <typename T>
Block<T> on_lines(T* features, const Shape& shape, Lines lines) {
  return {.numbers = features + lines.first * shape.features[1], .stride = shape.pixels()};
}

// Columns of these lines, next to each other however many they are.
template <typename T>
Block<T> columns_in(const at::Tensor& memory, const Shape& shape, Lines lines) {
  return {.numbers = memory.mutable_data_ptr<T>(), .stride = lines.count * shape.features[1]};
}

// The bias is the weight of a tap that sees 1 everywhere.
at::Tensor with_bias(const at::Tensor& weight, const at::Tensor& bias) {
  return bias.defined() ? at::cat({weight, bias.unsqueeze(1)}, 1) : weight;
}

}  // namespace

at::Tensor features_of(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                       const Window& window, at::IntArrayRef feature_sides) {
  const Shape shape = shape_of(images, feature_sides, window);
  const std::int64_t rows = images.size(0), out = weight.size(0);
  const at::Tensor factors = with_bias(weight.flatten(1), bias).contiguous();
  at::Tensor features = at::empty({rows, out, shape.features[0], shape.features[1]}, images.options());
  AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "features_of_patches", [&] {
    const auto* pixels = images.const_data_ptr<scalar_t>();
    auto* numbers = features.mutable_data_ptr<scalar_t>();
    const Block<const scalar_t> left{factors.const_data_ptr<scalar_t>(), factors.size(1)};
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      Canvas<scalar_t> canvas(shape);
      const at::Tensor memory = at::empty({factors.size(1) * shape.pixels_at_once()}, images.options());
      for (std::int64_t row = begin; row < end; ++row) {
        canvas.read(pixels + row * shape.image_size());
        for_each_block(shape, [&](Lines lines) {
          const Block<scalar_t> columns = columns_in<scalar_t>(memory, shape, lines);
          read_columns(canvas, shape, lines, columns.numbers);
          if (bias.defined())
            std::fill_n(columns.numbers + shape.taps() * columns.stride, columns.stride, scalar_t(1));
          add_block(on_lines(numbers + row * out * shape.pixels(), shape, lines), /*empty=*/true,
                    {.rows = out, .terms = factors.size(1), .columns = columns.stride}, left,
                    {columns.numbers, columns.stride});
        });
      }
    });
  });
  return features;
}

at::Tensor images_of(const at::Tensor& features, const at::Tensor& weight, const Window& window,
                     at::IntArrayRef image_sides) {
  const std::int64_t rows = features.size(0), out = features.size(1);
  at::Tensor images = at::empty({rows, weight.size(1), image_sides[0], image_sides[1]}, features.options());
  const Shape shape = shape_of(images, features.sizes().slice(2), window);
  const at::Tensor factors = weight.flatten(1).t().contiguous();
  AT_DISPATCH_FLOATING_TYPES(features.scalar_type(), "images_of_patches", [&] {
    const auto* numbers = features.const_data_ptr<scalar_t>();
    auto* pixels = images.mutable_data_ptr<scalar_t>();
    const Block<const scalar_t> left{factors.const_data_ptr<scalar_t>(), out};
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      Canvas<scalar_t> canvas(shape);
      const at::Tensor memory = at::empty({shape.taps() * shape.pixels_at_once()}, features.options());
      for (std::int64_t row = begin; row < end; ++row) {
        canvas.clear();
        for_each_block(shape, [&](Lines lines) {
          const Block<scalar_t> columns = columns_in<scalar_t>(memory, shape, lines);
          add_block(columns, /*empty=*/true, {.rows = shape.taps(), .terms = out, .columns = columns.stride},
                    left, on_lines(numbers + row * out * shape.pixels(), shape, lines));
          add_columns(canvas, shape, lines, columns.numbers);
        });
        canvas.write(pixels + row * shape.image_size());
      }
    });
  });
  return images;
}

WeightGradient weight_gradient(const at::Tensor& images, const at::Tensor& features, const Window& window) {
  constexpr std::int64_t kRowsASum = 32;
  const Shape shape = shape_of(images, features.sizes().slice(2), window);
  const std::int64_t rows = images.size(0), out = features.size(1), taps = shape.taps(),
                     sums = (rows + kRowsASum - 1) / kRowsASum;
  at::Tensor parts = at::empty({sums, out, taps + 1}, features.options());
  AT_DISPATCH_FLOATING_TYPES(features.scalar_type(), "weight_gradient_of_patches", [&] {
    const auto *pixels = images.const_data_ptr<scalar_t>(), *numbers = features.const_data_ptr<scalar_t>();
    auto* part_numbers = parts.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, sums, 1, [&](std::int64_t begin, std::int64_t end) {
      Canvas<scalar_t> canvas(shape);
      const at::Tensor memory = at::ones({shape.pixels_at_once(), taps + 1}, features.options());
      auto* rows_of_taps = memory.mutable_data_ptr<scalar_t>();
      for (std::int64_t row = begin * kRowsASum; row < std::min(end * kRowsASum, rows); ++row) {
        canvas.read(pixels + row * shape.image_size());
        const Block<scalar_t> part{part_numbers + row / kRowsASum * out * (taps + 1), taps + 1};
        for_each_block(shape, [&](Lines lines) {
          read_rows(canvas, shape, lines, taps + 1, rows_of_taps);
          add_block(part, /*empty=*/row % kRowsASum == 0 && lines.first == 0,
                    {.rows = out, .terms = lines.count * shape.features[1], .columns = taps + 1},
                    on_lines(numbers + row * out * shape.pixels(), shape, lines), {rows_of_taps, taps + 1});
        });
      }
    });
  });
  const at::Tensor sum = parts.sum(0);
  return {.weight = sum.narrow(1, 0, taps).reshape({out, images.size(1), window.kernel[0], window.kernel[1]}),
          .bias = sum.select(1, taps)};
}

}  // namespace ganymede::patches
