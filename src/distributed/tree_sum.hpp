// Sums along the binary tree over ranks (kernels/tree_sum.hpp), and of what comes piece by piece.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "kernels/tree_sum.hpp"

namespace ganymede {

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
