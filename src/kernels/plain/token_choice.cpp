#include "kernels/token_choice.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform) {
  const at::NoGradGuard no_grad;
  const std::int64_t rows = logits.size(0), vocabulary = logits.size(1);
  const at::Tensor sums = logits.softmax(1).cumsum(1);
  const at::Tensor shares = uniform.reshape({-1, rows}).t();  // [rows, times]
  const at::Tensor wanted = (shares * sums.narrow(1, vocabulary - 1, 1)).contiguous();
  // A number that rounding takes to the sum of all picks the last token with a part in the law.
  const at::Tensor last = at::searchsorted(sums, sums.narrow(1, vocabulary - 1, 1).contiguous());
  return at::searchsorted(sums, wanted, /*out_int32=*/false, /*right=*/true)
      .minimum(last)
      .t()
      .reshape(uniform.sizes());
}

}  // namespace ganymede::plain
