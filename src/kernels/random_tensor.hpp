// Random streams as tensors. Rows are consecutive places of the global batch, starting at first_place. The
// words drawn, and the numbers made of them, have the same bits on every device.
#pragma once

#include <ATen/ATen.h>

#include "base/random_stream.hpp"
#include "kernels/form.hpp"

namespace ganymede {

// Standard normal numbers of the given shape [places, ...], on the device of `options`, in its dtype. Drawn
// as float32 whatever the dtype, so that a float64 run sees the same noise.
at::Tensor draw_normal(const RandomStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                       const at::TensorOptions& options);

// Uniform numbers between low and high, likewise.
at::Tensor draw_uniform(const RandomStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                        double low, double high, const at::TensorOptions& options);

// 1 / (1 - probability) where the uniform number is >= probability, else 0.
GANYMEDE_CUDA_OPERATION(at::Tensor draw_dropout_mask(const RandomStream& stream, std::int64_t first_place,
                                                     at::IntArrayRef shape, double probability,
                                                     const at::TensorOptions& options))

// What the above are made of, float32: normal numbers, and uniform ones in [0, 1).
GANYMEDE_CUDA_OPERATION(at::Tensor standard_normal(const RandomStream& stream, std::int64_t first_place,
                                                   at::IntArrayRef shape, const at::Device& device))
GANYMEDE_CUDA_OPERATION(at::Tensor standard_uniform(const RandomStream& stream, std::int64_t first_place,
                                                    at::IntArrayRef shape, const at::Device& device))

}  // namespace ganymede
