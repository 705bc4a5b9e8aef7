// Sums along the binary tree over ranks: of the addends' first largest power of two, plus those after it,
// each summed likewise. For 2^k addends that is the complete tree ((0 + 1) + (2 + 3)) + ..., and neighbouring
// subtrees can be summed by different ranks or hosts without changing a bit.
#pragma once

#include <ATen/ATen.h>

#include <span>
#include <vector>

namespace ganymede {

// out = sum of the addends; all of one size and dtype (float32 or float64), contiguous. `out` may be one of
// them.
void tree_sum_into(const at::Tensor& out, std::span<const at::Tensor> addends);

// Adds up what comes in one piece after another along the same tree, like the digits of a binary counter:
// after 2^k pieces the sum has the bits of tree_sum_into, with at most k + 1 pieces kept at a time.
class TreeAccumulator {
 public:
  // Takes the next piece's content; `piece` is then free to be written again.
  void add(const at::Tensor& piece);
  // The sum of all pieces so far plus `last`, into `last`. Starts anew.
  void finish(const at::Tensor& last);

 private:
  void merge_into(const at::Tensor& piece);

  std::vector<at::Tensor> waiting_;  // [level], undefined where the counter's digit is 0
  std::vector<at::Tensor> spare_;
};

}  // namespace ganymede
