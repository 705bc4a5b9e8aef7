#include "objectives/token_likelihood.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace ganymede {
namespace {

void check_shapes(const at::Tensor& logits, const at::Tensor& tokens) {
  ensure(logits.dim() == 3 && tokens.dim() == 2 && logits.size(0) == tokens.size(0) &&
             logits.size(1) == tokens.size(1),
         "logits are [length, rows, vocabulary] of tokens [length, rows]");
}

// -log p of the tokens [rows] by the probabilities of logits, both [rows, vocabulary]. The largest
// probability is never near 0, as that of the token may be.
at::Tensor surprise_of_place(const at::Tensor& logits, const at::Tensor& probabilities,
                             const at::Tensor& tokens) {
  return logits.amax(1) - logits.gather(1, tokens.unsqueeze(1)).squeeze(1) - probabilities.amax(1).log();
}

}  // namespace

WeightedSurprise weighted_surprise(const at::Tensor& logits, const at::Tensor& tokens,
                                   const at::Tensor& weights, double factor) {
  check_shapes(logits, tokens);
  const at::NoGradGuard no_grad;
  // One place at a time: its logits stay in the processor's cache.
  WeightedSurprise result{.sum = at::zeros({}, logits.options().dtype(at::kDouble)),
                          .slope = at::empty_like(logits, at::MemoryFormat::Contiguous)};
  for (std::int64_t place = 0; place < tokens.size(0); ++place) {
    at::Tensor slope = result.slope[place];
    at::_softmax_out(slope, logits[place], 1, /*half_to_float=*/false);
    at::Tensor of_tokens = surprise_of_place(logits[place], slope, tokens[place]);
    at::Tensor weight = at::full({tokens.size(1)}, factor, logits.options());
    if (weights.defined()) {
      of_tokens = of_tokens * weights[place];
      weight.mul_(weights[place]);
    }
    result.sum.add_(of_tokens.sum(at::kDouble));
    weight = weight.unsqueeze(1);
    slope.mul_(weight).scatter_add_(1, tokens[place].unsqueeze(1), -weight);
  }
  return result;
}

at::Tensor surprise(const at::Tensor& logits, const at::Tensor& tokens) {
  check_shapes(logits, tokens);
  const at::NoGradGuard no_grad;
  at::Tensor sum = at::zeros({}, logits.options().dtype(at::kDouble));
  for (std::int64_t place = 0; place < tokens.size(0); ++place)
    sum.add_(surprise_of_place(logits[place], logits[place].softmax(1), tokens[place]).sum(at::kDouble));
  return sum;
}

}  // namespace ganymede
