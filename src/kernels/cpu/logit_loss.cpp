#include "kernels/logit_loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

namespace ganymede::cpu {

// A few dozen logits: a loop over them takes less time than the call of one tensor operation.
LossAndSlope sum_over_logits(const at::Tensor& logits, const LogitCurve& curve, double factor,
                             const at::Tensor& weights) {
  at::Tensor slopes = at::empty_like(logits);
  double sum = 0;
  AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "sum_over_logits", [&] {
    const auto* x = logits.const_data_ptr<scalar_t>();
    auto* slope = slopes.mutable_data_ptr<scalar_t>();
    const auto* weight = weights.defined() ? weights.const_data_ptr<scalar_t>() : nullptr;
    for (std::int64_t i = 0; i < logits.numel(); ++i) {
      const LossPoint point = point_at(curve, static_cast<double>(x[i]));
      const double of_row = weight != nullptr ? static_cast<double>(weight[i]) : 1;
      sum += of_row * point.loss;
      slope[i] = static_cast<scalar_t>(factor * of_row * point.slope);
    }
  });
  return {at::scalar_tensor(sum, at::kDouble), slopes};
}

}  // namespace ganymede::cpu
