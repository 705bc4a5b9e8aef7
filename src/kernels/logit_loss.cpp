#include "kernels/logit_loss.hpp"

namespace ganymede {

LossAndSlope sum_over_logits(const at::Tensor& logits, const LogitCurve& curve, double factor,
                             const at::Tensor& weights) {
  const Form form = form_of("sum_over_logits", logits, weights);
  return GANYMEDE_IN_FORM_OR_CUDA(form, sum_over_logits, logits, curve, factor, weights);
}

}  // namespace ganymede
