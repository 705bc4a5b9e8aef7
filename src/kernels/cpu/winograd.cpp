// Compiled with -O3: transforms of kLanes channels at once, in vectors.
#include "kernels/cpu/winograd.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/block_product.hpp"
#include "kernels/cpu/winograd_matrices.hpp"
#include "kernels/linear_layer.hpp"
#include "kernels/mixed_precision.hpp"

namespace ganymede::winograd {
namespace {

#define GANYMEDE_INLINE [[gnu::always_inline]] inline

// Aligned for the widest processor: by itself the type is so only where the whole source is compiled for it.
template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kLanes * sizeof(T)), aligned(kLanes * sizeof(T))));
};
template <typename T>
using Vector = typename VectorOf<T>::type;

template <typename T>
GANYMEDE_INLINE Vector<T> load(const T* from) {
  Vector<T> vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <typename T>
GANYMEDE_INLINE void store(T* to, const Vector<T>& vector) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

// to[r] = sum over c of matrix[r][c] from[c]; the loops are unrolled and zeros left out.
template <const auto& matrix, typename T>
GANYMEDE_INLINE void multiply(const Vector<T>* from, std::int64_t from_stride, Vector<T>* to,
                              std::int64_t to_stride) {
  constexpr int kRows = static_cast<int>(matrix.size()), kColumns = static_cast<int>(matrix[0].size());
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    Vector<T> sum{};
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c)
      if (matrix[r][c] != 0) sum += from[c * from_stride] * static_cast<T>(matrix[r][c]);
    to[r * to_stride] = sum;
  }
}

// to = matrix x from x matrix^T, from square pieces of rows `stride` apart to [rows x rows].
template <const auto& matrix, typename T>
GANYMEDE_INLINE void transform(const Vector<T>* from, std::int64_t stride, Vector<T>* to) {
  constexpr int kRows = static_cast<int>(matrix.size()), kColumns = static_cast<int>(matrix[0].size());
  Vector<T> half[kRows * kColumns];
  for (int c = 0; c < kColumns; ++c) multiply<matrix, T>(from + c, stride, half + c, kColumns);
  for (int r = 0; r < kRows; ++r) multiply<matrix, T>(half + r * kColumns, 1, to + r * kRows, 1);
}

// Numbers from one of a tile's products to the next.
std::int64_t products_apart(std::int64_t rows, std::int64_t columns) {
  return rows * columns + kLanes;
}

struct Images {
  std::int64_t rows, channels, height, width;

  std::int64_t tiles_down() const { return (height + kOutput - 1) / kOutput; }
  std::int64_t tiles_across() const { return (width + kOutput - 1) / kOutput; }
  std::int64_t tiles() const { return rows * tiles_down() * tiles_across(); }
  std::int64_t blocks() const { return channels / kLanes; }  // of kLanes channels
};

// kLanes channels of one image, a vector a pixel, with a margin of zeros around: whole tiles fit in.
template <typename T>
class Canvas {
 public:
  Canvas(const Images& images, int margin)
      : images_(images),
        margin_(margin),
        stride_(images.tiles_across() * kOutput + 2 * margin),
        pixels_(static_cast<std::size_t>((images.tiles_down() * kOutput + 2 * margin) * stride_)) {}

  Vector<T>* tile(std::int64_t down, std::int64_t across) {
    return &pixels_[static_cast<std::size_t>((down * stride_ + across) * kOutput)].lanes;
  }
  std::int64_t stride() const { return stride_; }

  GANYMEDE_INLINE void read(const T* channels) {
    const std::int64_t size = images_.height * images_.width;
    for (std::int64_t y = 0; y < images_.height; ++y)
      for (std::int64_t x = 0; x < images_.width; ++x) {
        Vector<T>& pixel = pixels_[static_cast<std::size_t>((y + margin_) * stride_ + x + margin_)].lanes;
        for (int lane = 0; lane < kLanes; ++lane) pixel[lane] = channels[lane * size + y * images_.width + x];
      }
  }
  GANYMEDE_INLINE void write(T* channels) const {
    const std::int64_t size = images_.height * images_.width;
    for (std::int64_t y = 0; y < images_.height; ++y)
      for (std::int64_t x = 0; x < images_.width; ++x) {
        const Vector<T>& pixel =
            pixels_[static_cast<std::size_t>((y + margin_) * stride_ + x + margin_)].lanes;
        for (int lane = 0; lane < kLanes; ++lane) channels[lane * size + y * images_.width + x] = pixel[lane];
      }
  }

 private:
  struct Pixel {
    Vector<T> lanes;
  };

  const Images images_;
  const std::int64_t margin_, stride_;
  std::vector<Pixel> pixels_;
};

template <const auto& matrix, int kMargin, typename T>
GANYMEDE_INLINE void images_to_tiles(const T* pixels, const Images& images, T* tiles) {
  Canvas<T> canvas(images, kMargin);
  const std::int64_t apart = products_apart(images.tiles(), images.channels);
  Vector<T> transformed[kProducts];
  for (std::int64_t row = 0, first_tile = 0; row < images.rows; ++row) {
    for (std::int64_t channel = 0; channel < images.channels; channel += kLanes) {
      canvas.read(pixels + (row * images.channels + channel) * images.height * images.width);
      std::int64_t tile = first_tile;
      for (std::int64_t down = 0; down < images.tiles_down(); ++down)
        for (std::int64_t across = 0; across < images.tiles_across(); ++across, ++tile) {
          transform<matrix, T>(canvas.tile(down, across), canvas.stride(), transformed);
          T* to = tiles + tile * images.channels + channel;
          for (int product = 0; product < kProducts; ++product)
            store(to + product * apart, transformed[product]);
        }
    }
    first_tile += images.tiles_down() * images.tiles_across();
  }
}

template <typename T>
GANYMEDE_INLINE void tiles_to_images(const T* tiles, const Images& images, T* pixels) {
  Canvas<T> canvas(images, 0);
  const std::int64_t apart = products_apart(images.tiles(), images.channels);
  Vector<T> products[kProducts], outputs[kOutput * kOutput];
  for (std::int64_t row = 0, first_tile = 0; row < images.rows; ++row) {
    for (std::int64_t channel = 0; channel < images.channels; channel += kLanes) {
      std::int64_t tile = first_tile;
      for (std::int64_t down = 0; down < images.tiles_down(); ++down)
        for (std::int64_t across = 0; across < images.tiles_across(); ++across, ++tile) {
          const T* from = tiles + tile * images.channels + channel;
          for (int product = 0; product < kProducts; ++product)
            products[product] = load(from + product * apart);
          transform<kOfOutputs, T>(products, kTile, outputs);
          Vector<T>* to = canvas.tile(down, across);
          for (int y = 0; y < kOutput; ++y)
            for (int x = 0; x < kOutput; ++x) to[y * canvas.stride() + x] = outputs[y * kOutput + x];
        }
      canvas.write(pixels + (row * images.channels + channel) * images.height * images.width);
    }
    first_tile += images.tiles_down() * images.tiles_across();
  }
}

// Where a kernel lies in a weight [a, b, 5, 5]: its pixels are `pixel` apart, its neighbours among the
// outputs `output`.
struct KernelPlace {
  std::int64_t first, pixel, output;
};

KernelPlace kernel_place(std::int64_t in, std::int64_t out, std::int64_t ins, std::int64_t outs,
                         Weight kind) {
  constexpr std::int64_t kSize = kKernel * kKernel;
  if (kind == Weight::transposed) return {(in * outs + out) * kSize + kSize - 1, -1, kSize};
  return {(out * ins + in) * kSize, 1, ins * kSize};
}

template <typename T>
GANYMEDE_INLINE void weight_to_kernels(const T* weight, std::int64_t ins, std::int64_t outs, Weight kind,
                                       T* kernels) {
  Vector<T> pixels[kKernel * kKernel], transformed[kProducts];
  for (std::int64_t in = 0; in < ins; ++in)
    for (std::int64_t out = 0; out < outs; out += kLanes) {
      const KernelPlace place = kernel_place(in, out, ins, outs, kind);
      for (int lane = 0; lane < kLanes; ++lane)
        for (int pixel = 0; pixel < kKernel * kKernel; ++pixel)
          pixels[pixel][lane] = weight[place.first + pixel * place.pixel + lane * place.output];
      transform<kOfKernels, T>(pixels, kKernel, transformed);
      for (int product = 0; product < kProducts; ++product)
        store(kernels + product * products_apart(ins, outs) + in * outs + out, transformed[product]);
    }
}

template <typename T>
GANYMEDE_INLINE void kernels_to_weight(const T* kernels, std::int64_t ins, std::int64_t outs, T* weight) {
  Vector<T> products[kProducts], pixels[kKernel * kKernel];
  for (std::int64_t in = 0; in < ins; ++in)
    for (std::int64_t out = 0; out < outs; out += kLanes) {
      for (int product = 0; product < kProducts; ++product)
        products[product] = load(kernels + product * products_apart(ins, outs) + in * outs + out);
      transform<kOfKernelGradients, T>(products, kTile, pixels);
      const KernelPlace place = kernel_place(in, out, ins, outs, Weight::transposed);
      for (int lane = 0; lane < kLanes; ++lane)
        for (int pixel = 0; pixel < kKernel * kKernel; ++pixel)
          weight[place.first + pixel * place.pixel + lane * place.output] = pixels[pixel][lane];
    }
}

#define GANYMEDE_TRANSFORMS(T)                                                                           \
  GANYMEDE_VECTORISED void transform_inputs(const T* pixels, const Images& images, T* tiles) {           \
    images_to_tiles<kOfInputs, kPadding>(pixels, images, tiles);                                         \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_output_gradients(const T* pixels, const Images& images, T* tiles) { \
    images_to_tiles<kOfOutputGradients, 0>(pixels, images, tiles);                                       \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_outputs(const T* tiles, const Images& images, T* pixels) {          \
    tiles_to_images(tiles, images, pixels);                                                              \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_weight(const T* weight, std::int64_t ins, std::int64_t outs,        \
                                            Weight kind, T* to) {                                        \
    weight_to_kernels(weight, ins, outs, kind, to);                                                      \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_kernels(const T* products, std::int64_t ins, std::int64_t outs,     \
                                             T* weight) {                                                \
    kernels_to_weight(products, ins, outs, weight);                                                      \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_TRANSFORMS)

// [kProducts, rows, columns], with a cache line between the matrices: a transform goes over all of them at
// once, and at a distance of a power of 2 they would compete for the same places of the caches.
at::Tensor empty_products(std::int64_t rows, std::int64_t columns, const at::TensorOptions& options) {
  const std::int64_t apart = products_apart(rows, columns);
  return at::empty({kProducts * apart}, options).as_strided({kProducts, rows, columns}, {apart, columns, 1});
}

Images images_of(const at::Tensor& images) {
  return {images.size(0), images.size(1), images.size(2), images.size(3)};
}

template <typename Transform>
at::Tensor to_tiles(const at::Tensor& images, Transform transform) {
  const Images shape = images_of(images);
  at::Tensor tiles = empty_products(shape.tiles(), shape.channels, images.options());
  AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "winograd_tiles", [&] {
    transform(images.const_data_ptr<scalar_t>(), shape, tiles.mutable_data_ptr<scalar_t>());
  });
  return tiles;
}

// Where factors lie in memory as rows, by blocks; else by the library's product of any matrices.
void add(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right) {
  left.stride(1) == 1 ? add_block(sum, left, right) : add_product(sum, left, right);
}

}  // namespace

at::Tensor multiply(const at::Tensor& left, const at::Tensor& right) {
  // In one sum: with 256 the error is nearly twice as large, which mixed precision does not see.
  const std::int64_t together = MixedPrecision::is_on() ? left.size(2) : 64;
  at::Tensor products = empty_products(left.size(1), right.size(2), left.options());
  at::parallel_for(0, kProducts, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad;
    for (std::int64_t i = begin; i < end; ++i) {
      const auto left_parts = left[i].split(together, 1), right_parts = right[i].split(together, 0);
      for (std::size_t part = 0; part < left_parts.size(); ++part)
        add({.numbers = products[i], .empty = part == 0}, left_parts[part], right_parts[part]);
    }
  });
  return products;
}

at::Tensor inputs(const at::Tensor& images) {
  return to_tiles(images, [](auto... arguments) { transform_inputs(arguments...); });
}

at::Tensor output_gradients(const at::Tensor& images) {
  return to_tiles(images, [](auto... arguments) { transform_output_gradients(arguments...); });
}

at::Tensor outputs(const at::Tensor& products, std::int64_t height, std::int64_t width) {
  const std::int64_t tiles_of_image = Images{1, 0, height, width}.tiles();
  const Images shape{products.size(1) / tiles_of_image, products.size(2), height, width};
  at::Tensor images = at::empty({shape.rows, shape.channels, height, width}, products.options());
  AT_DISPATCH_FLOATING_TYPES(products.scalar_type(), "winograd_outputs", [&] {
    transform_outputs(products.const_data_ptr<scalar_t>(), shape, images.mutable_data_ptr<scalar_t>());
  });
  return images;
}

at::Tensor kernels(const at::Tensor& weight, Weight kind) {
  const bool turned = kind == Weight::transposed;
  const std::int64_t ins = weight.size(turned ? 0 : 1), outs = weight.size(turned ? 1 : 0);
  at::Tensor kernels = empty_products(ins, outs, weight.options());
  AT_DISPATCH_FLOATING_TYPES(weight.scalar_type(), "winograd_kernels", [&] {
    transform_weight(weight.const_data_ptr<scalar_t>(), ins, outs, kind,
                     kernels.mutable_data_ptr<scalar_t>());
  });
  return kernels;
}

at::Tensor transposed_kernel_gradient(const at::Tensor& products) {
  const std::int64_t ins = products.size(1), outs = products.size(2);
  at::Tensor weight = at::empty({ins, outs, kKernel, kKernel}, products.options());
  AT_DISPATCH_FLOATING_TYPES(products.scalar_type(), "winograd_kernel_gradient", [&] {
    transform_kernels(products.const_data_ptr<scalar_t>(), ins, outs, weight.mutable_data_ptr<scalar_t>());
  });
  return weight;
}

}  // namespace ganymede::winograd
