#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "kernels/cuda/launch.cuh"
#include "kernels/logit_loss.hpp"

namespace ganymede::cuda {

LossAndSlope sum_over_logits(const at::Tensor& logits, const LogitCurve& curve, double factor,
                             const at::Tensor& weights) {
  const at::Tensor loss = at::empty({}, logits.options().dtype(at::kDouble)), slopes = at::empty_like(logits);
  AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "sum_over_logits", [&] {
    launch_sums(
        logits.device(), 1, logits.numel(),
        LogitLossSum<scalar_t>{logits.const_data_ptr<scalar_t>(),
                               weights.defined() ? weights.const_data_ptr<scalar_t>() : nullptr, curve,
                               factor, loss.mutable_data_ptr<double>(), slopes.mutable_data_ptr<scalar_t>()});
  });
  return {loss, slopes};
}

}  // namespace ganymede::cuda
