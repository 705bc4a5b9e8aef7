// Losses that are a sum over logits, each with its slope there.
#pragma once

#include "kernels/arithmetic/logit_loss.hpp"
#include "kernels/form.hpp"

namespace ganymede {

struct LossAndSlope {
  at::Tensor sum;    // a float64 number, where the logits are
  at::Tensor slope;  // of factor x sum by each logit, [rows, 1]
};

// Of logits [rows, 1], contiguous, float32 or float64. weights: of the rows, like the logits; 1 where they
// are undefined. In double; the slopes are like the logits. Reads nothing back from a device.
GANYMEDE_CUDA_OPERATION(LossAndSlope sum_over_logits(const at::Tensor& logits, const LogitCurve& curve,
                                                     double factor, const at::Tensor& weights))

}  // namespace ganymede
