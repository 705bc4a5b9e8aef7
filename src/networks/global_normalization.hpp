// Batch normalisation by the statistics of all ranks' rows together (Ioffe & Szegedy 2015; over ranks as in
// torch.nn.SyncBatchNorm).
#pragma once

#include <ATen/core/Tensor.h>

#include "distributed/communicator.hpp"

namespace ganymede {

// Averages over the steps, which each training pass moves by `momentum` to its own; the variance is unbiased.
struct RunningStatistics {
  at::Tensor mean, variance;  // [channels]
  double momentum, epsilon;
};

// input [rows, channels, ...], weight and bias [channels]; every rank brings rows; then activated, by a slope
// below 0. Autograd differentiates it once. Collective, and so is its backward pass.
at::Tensor normalize_globally(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                              const RunningStatistics& running, double slope_below_zero,
                              Communicator& communicator);

// The activation that has this slope below 0, by ATen.
at::Tensor activated(const at::Tensor& values, double slope_below_zero);

}  // namespace ganymede
