// How surprising tokens are by the laws that a generator gives: maximum likelihood (Yu et al. 2017, section
// 3), and, weighted by what each token is worth, the policy gradient (equation 8).
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// The sum of weight x -log p(token), and the slope of factor x that sum by each logit.
struct WeightedSurprise {
  at::Tensor sum;    // a float64 number
  at::Tensor slope;  // like the logits, without a graph
};

// Of tokens int64 [length, rows] by softmax(logits) [length, rows, vocabulary]; weights [length, rows], or
// undefined: 1 each.
WeightedSurprise weighted_surprise(const at::Tensor& logits, const at::Tensor& tokens,
                                   const at::Tensor& weights, double factor);

// The sum of -log p(token) alone.
at::Tensor surprise(const at::Tensor& logits, const at::Tensor& tokens);

}  // namespace ganymede
