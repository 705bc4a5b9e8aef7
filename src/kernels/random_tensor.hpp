// Random streams as tensors. Rows are consecutive places of the global batch, starting at first_place. The
// words drawn, and the numbers made of them, have the same bits on every device.
#pragma once

#include <ATen/ATen.h>

#include "base/random_stream.hpp"
#include "kernels/form.hpp"

namespace ganymede {

// Of all that a step draws. What a device is asked for once can be done again in another step (StepGraphs):
// there it reads both numbers in its memory.
struct StepSeed {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  at::Tensor on_device = {};  // int64 [2], seed and step; undefined where the host's are meant
};

// A stream that tensors are drawn from.
struct TensorStream : RandomStream {
  TensorStream(const RandomStream& stream) : RandomStream(stream) {}
  TensorStream(const StepSeed& of, StreamId stream)
      : RandomStream(of.seed, stream, static_cast<std::uint32_t>(of.step)), on_device(of.on_device) {}
  at::Tensor on_device = {};  // as of the StepSeed
};

// Standard normal numbers of the given shape [places, ...], on the device of `options`, in its dtype. Drawn
// as float32 whatever the dtype, so that a float64 run sees the same noise.
at::Tensor draw_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                       const at::TensorOptions& options);

// Uniform numbers between low and high, likewise.
at::Tensor draw_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                        double low, double high, const at::TensorOptions& options);

// Fills a mask [places, ...], contiguous: 1 / (1 - probability) where the uniform number is >= probability,
// else 0.
GANYMEDE_CUDA_OPERATION(void draw_dropout_mask_(const at::Tensor& mask, const TensorStream& stream,
                                                std::int64_t first_place, double probability))

// What the above are made of, float32: normal numbers, and uniform ones in [0, 1).
GANYMEDE_CUDA_OPERATION(at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place,
                                                   at::IntArrayRef shape, const at::Device& device))
GANYMEDE_CUDA_OPERATION(at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place,
                                                    at::IntArrayRef shape, const at::Device& device))

}  // namespace ganymede
