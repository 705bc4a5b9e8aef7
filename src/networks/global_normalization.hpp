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

// input [rows, channels, ...], weight and bias [channels]; every rank brings rows. Autograd differentiates it
// once. Collective, and so is its backward pass.
at::Tensor normalize_globally(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                              const RunningStatistics& running, Communicator& communicator);

}  // namespace ganymede
