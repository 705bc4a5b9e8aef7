// Compiled with -O3: transforms of kLanes kernels at once, in vectors.
#include "kernels/cpu/winograd.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/vectorised.hpp"
#include "kernels/cpu/block_product.hpp"
#include "kernels/cpu/transpose.hpp"
#include "kernels/cpu/winograd_matrices.hpp"
#include "kernels/cpu/winograd_tiles.hpp"
#include "kernels/cpu/winograd_vectors.hpp"
#include "kernels/mixed_precision.hpp"

namespace ganymede::winograd {
namespace {

constexpr std::int64_t kPixels = kKernel * kKernel;

// Where a kernel lies in a weight [a, b, 5, 5], turned by 180 degrees or not; its neighbours among the inputs
// and among the outputs are so many numbers away.
struct KernelPlace {
  std::int64_t first, input, output;
  bool turned;
};

KernelPlace kernel_place(std::int64_t in, std::int64_t out, std::int64_t ins, std::int64_t outs,
                         Weight kind) {
  if (kind == Weight::transposed) return {(in * outs + out) * kPixels, outs * kPixels, kPixels, true};
  return {(out * ins + in) * kPixels, kPixels, ins * kPixels, false};
}

template <typename T>
GANYMEDE_INLINE void weight_to_kernels(const T* weight, std::int64_t ins, std::int64_t outs, Weight kind,
                                       T* kernels) {
  Vector<T> pixels[kPixels], transformed[kProducts];
  for (std::int64_t in = 0; in < ins; ++in)
    for (std::int64_t out = 0; out < outs; out += kLanes) {
      const KernelPlace place = kernel_place(in, out, ins, outs, kind);
      transpose(weight + place.first, place.output, kLanes, kPixels, reinterpret_cast<T*>(pixels), kLanes);
      if (place.turned) std::reverse(pixels, pixels + kPixels);
      transform<kOfKernels, T>(pixels, kKernel, transformed);
      for (int product = 0; product < kProducts; ++product)
        store(kernels + product * products_apart(ins, outs) + in * outs + out, transformed[product]);
    }
}

template <typename T>
GANYMEDE_INLINE void kernels_to_weight(const T* kernels, std::int64_t ins, std::int64_t outs, T* weight) {
  Vector<T> products[kProducts], pixels[kPixels];
  for (std::int64_t out = 0; out < outs; ++out)
    for (std::int64_t in = 0; in < ins; in += kLanes) {
      for (int product = 0; product < kProducts; ++product)
        products[product] = load(kernels + product * products_apart(outs, ins) + out * ins + in);
      transform<kOfKernelGradients, T>(products, kTile, pixels);
      const KernelPlace place = kernel_place(in, out, ins, outs, Weight::transposed);
      std::reverse(pixels, pixels + kPixels);
      transpose(reinterpret_cast<const T*>(pixels), kLanes, kPixels, kLanes, weight + place.first,
                place.input);
    }
}

#define GANYMEDE_KERNEL_TRANSFORMS(T)                                                                        \
  GANYMEDE_VECTORISED void transform_weight(const T* weight, std::int64_t ins, std::int64_t outs,            \
                                            Weight kind, T* to) {                                            \
    weight_to_kernels(weight, ins, outs, kind, to);                                                          \
  }                                                                                                          \
  GANYMEDE_VECTORISED void transform_kernels(const T* products, std::int64_t ins, std::int64_t outs,         \
                                             T* weight) {                                                    \
    kernels_to_weight(products, ins, outs, weight);                                                          \
  }                                                                                                          \
  GANYMEDE_VECTORISED void turn(Block<const T> from, std::int64_t rows, std::int64_t columns, Block<T> to) { \
    transpose(from.numbers, from.stride, rows, columns, to.numbers, to.stride);                              \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_KERNEL_TRANSFORMS)

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

}  // namespace

at::Tensor multiply(const at::Tensor& left, const at::Tensor& right) {
  // Terms of one sum: with 256 the error is nearly twice that with 64, which mixed precision does not see. Of
  // more than 512, turned ones would not stay near.
  const std::int64_t together = MixedPrecision::is_on() ? 512 : 64;
  const std::int64_t rows = left.size(1), terms = left.size(2), columns = right.size(2);
  const bool turns = left.stride(2) != 1;
  at::Tensor products = empty_products(rows, columns, left.options());
  AT_DISPATCH_FLOATING_TYPES(left.scalar_type(), "winograd_multiply", [&] {
    const auto *lefts = left.const_data_ptr<scalar_t>(), *rights = right.const_data_ptr<scalar_t>();
    auto* sums = products.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, kProducts, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t turned_stride = together + kLanes;
      const at::Tensor near = at::empty({turns ? rows * turned_stride : 0}, left.options());
      auto* const turned = near.mutable_data_ptr<scalar_t>();
      for (std::int64_t i = begin; i < end; ++i)
        for (std::int64_t first = 0; first < terms; first += together) {
          const std::int64_t count = std::min(together, terms - first);
          Block<const scalar_t> part{lefts + i * left.stride(0) + first * left.stride(2), left.stride(1)};
          if (turns) {
            turn({part.numbers, left.stride(2)}, count, rows, {turned, turned_stride});
            part = {turned, turned_stride};
          }
          add_block({sums + i * products.stride(0), columns}, /*empty=*/first == 0, {rows, count, columns},
                    part, {rights + i * right.stride(0) + first * right.stride(1), right.stride(1)});
        }
    });
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
  const std::int64_t tiles_of_image = Images{1, 0, height, width}.tiles_of_one();
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
  const std::int64_t outs = products.size(1), ins = products.size(2);
  at::Tensor weight = at::empty({ins, outs, kKernel, kKernel}, products.options());
  AT_DISPATCH_FLOATING_TYPES(products.scalar_type(), "winograd_kernel_gradient", [&] {
    transform_kernels(products.const_data_ptr<scalar_t>(), ins, outs, weight.mutable_data_ptr<scalar_t>());
  });
  return weight;
}

}  // namespace ganymede::winograd
