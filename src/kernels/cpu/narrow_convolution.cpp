// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "kernels/cpu/narrow_convolution.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/lanes.hpp"

namespace ganymede::narrow {
namespace {

// A block of outputs: lines of pixels, in vectors beside each other. As many sums as registers hold.
constexpr std::int64_t kLines = 2, kVectors = 2;

struct Shape {
  std::int64_t in, out, height, width, kernel_height, kernel_width, padding;

  std::int64_t out_height() const { return height + 2 * padding - kernel_height + 1; }
  std::int64_t out_width() const { return width + 2 * padding - kernel_width + 1; }
};

std::int64_t round_up(std::int64_t count, std::int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

// An image among the zeros of its padding, and of more on the far sides: blocks of outputs lie in it whole.
template <typename T>
class Canvas {
 public:
  explicit Canvas(const Shape& shape)
      : shape_(shape),
        stride_(round_up(shape.out_width(), kVectors * Lanes<T>::kCount) + shape.kernel_width - 1),
        plane_((round_up(shape.out_height(), kLines) + shape.kernel_height - 1) * stride_),
        pixels_(static_cast<std::size_t>(shape.in * plane_)) {}

  void read(const T* image) {
    for (std::int64_t channel = 0; channel < shape_.in; ++channel)
      for (std::int64_t y = 0; y < shape_.height; ++y)
        std::copy_n(image + (channel * shape_.height + y) * shape_.width, shape_.width,
                    pixels_.data() + channel * plane_ + (y + shape_.padding) * stride_ + shape_.padding);
  }
  const T* line(std::int64_t channel, std::int64_t y) const {
    return pixels_.data() + channel * plane_ + y * stride_;
  }
  std::int64_t stride() const { return stride_; }

 private:
  const Shape shape_;
  const std::int64_t stride_, plane_;
  std::vector<T> pixels_;
};

// The block at (x, y) of each output channel; weight [in, kernel height, kernel width, out].
template <int kOut, typename T>
[[gnu::always_inline]] inline void convolve_block(const Canvas<T>& canvas, const T* weight,
                                                  const Shape& shape, std::int64_t x, std::int64_t y,
                                                  T (&block)[kOut][kLines][kVectors * Lanes<T>::kCount]) {
  typename Lanes<T>::Vector sums[kOut][kLines][kVectors] = {};
  for (std::int64_t channel = 0; channel < shape.in; ++channel)
    for (std::int64_t ky = 0; ky < shape.kernel_height; ++ky) {
      const T* const from = canvas.line(channel, y + ky) + x;
      for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx, weight += kOut)
#pragma GCC unroll 2
        for (int line = 0; line < kLines; ++line)
#pragma GCC unroll 2
          for (int vector = 0; vector < kVectors; ++vector) {
            const typename Lanes<T>::Vector pixels =
                Lanes<T>::load(from + line * canvas.stride() + kx + vector * Lanes<T>::kCount);
#pragma GCC unroll 4
            for (int out = 0; out < kOut; ++out) sums[out][line][vector] += pixels * weight[out];
          }
    }
  std::memcpy(&block, &sums, sizeof block);
}

template <int kOut, typename T>
[[gnu::always_inline]] inline void convolve_image(const Canvas<T>& canvas, const T* weight,
                                                  const Shape& shape, T* to) {
  const std::int64_t height = shape.out_height(), width = shape.out_width();
  T block[kOut][kLines][kVectors * Lanes<T>::kCount];
  for (std::int64_t y = 0; y < height; y += kLines)
    for (std::int64_t x = 0; x < width; x += kVectors * Lanes<T>::kCount) {
      convolve_block<kOut>(canvas, weight, shape, x, y, block);
      for (int out = 0; out < kOut; ++out)
        for (std::int64_t line = 0; line < std::min(kLines, height - y); ++line)
          std::copy_n(block[out][line], std::min(kVectors * Lanes<T>::kCount, width - x),
                      to + (out * height + y + line) * width + x);
    }
}

#define GANYMEDE_CONVOLVE_IMAGE(T)                                                                      \
  GANYMEDE_VECTORISED void convolve_image(const Canvas<T>& canvas, const T* weight, const Shape& shape, \
                                          T* to) {                                                      \
    switch (shape.out) {                                                                                \
      case 1:                                                                                           \
        return convolve_image<1>(canvas, weight, shape, to);                                            \
      case 2:                                                                                           \
        return convolve_image<2>(canvas, weight, shape, to);                                            \
      case 3:                                                                                           \
        return convolve_image<3>(canvas, weight, shape, to);                                            \
      default:                                                                                          \
        return convolve_image<4>(canvas, weight, shape, to);                                            \
    }                                                                                                   \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_CONVOLVE_IMAGE)

}  // namespace

at::Tensor convolve(const at::Tensor& images, const at::Tensor& weight, std::int64_t padding) {
  const Shape shape{.in = images.size(1),
                    .out = weight.size(0),
                    .height = images.size(2),
                    .width = images.size(3),
                    .kernel_height = weight.size(2),
                    .kernel_width = weight.size(3),
                    .padding = padding};
  const std::int64_t rows = images.size(0);
  const at::Tensor from = images.contiguous(), taps = weight.permute({1, 2, 3, 0}).contiguous();
  at::Tensor result = at::empty({rows, shape.out, shape.out_height(), shape.out_width()}, images.options());
  AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "narrow_convolution", [&] {
    const auto* pixels = from.const_data_ptr<scalar_t>();
    const auto* factors = taps.const_data_ptr<scalar_t>();
    auto* to = result.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      Canvas<scalar_t> canvas(shape);
      for (std::int64_t row = begin; row < end; ++row) {
        canvas.read(pixels + row * shape.in * shape.height * shape.width);
        convolve_image(canvas, factors, shape, to + row * shape.out * shape.out_height() * shape.out_width());
      }
    });
  });
  return result;
}

}  // namespace ganymede::narrow
