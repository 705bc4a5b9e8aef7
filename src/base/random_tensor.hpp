// Random streams as tensors. Rows are consecutive places of the global batch, starting at first_place.
#pragma once

#include <ATen/ATen.h>

#include "base/random_stream.hpp"

namespace ganymede {

// Standard normal numbers of the given shape [places, ...]. Drawn as float32 whatever the dtype, so that a
// float64 run sees the same noise.
at::Tensor draw_normal(const RandomStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                       at::ScalarType dtype);

// Uniform numbers between low and high, likewise.
at::Tensor draw_uniform(const RandomStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                        double low, double high, at::ScalarType dtype);

// 1 / (1 - probability) where the uniform number is >= probability, else 0.
at::Tensor draw_dropout_mask(const RandomStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                             double probability, at::ScalarType dtype);

}  // namespace ganymede
