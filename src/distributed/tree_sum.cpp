#include "distributed/tree_sum.hpp"

#include <array>

namespace ganymede {

void TreeAccumulator::add(const at::Tensor& piece) {
  std::size_t level = 0;
  for (; level < waiting_.size() && waiting_[level].defined(); ++level) {
    tree_sum_into(piece, std::array{waiting_[level], piece});
    spare_.push_back(std::move(waiting_[level]));
    waiting_[level] = at::Tensor();
  }
  if (level == waiting_.size()) waiting_.emplace_back();
  if (spare_.empty()) {
    waiting_[level] = piece.clone();
  } else {
    waiting_[level] = std::move(spare_.back());
    spare_.pop_back();
    waiting_[level].copy_(piece);
  }
}

void TreeAccumulator::finish(const at::Tensor& last) {
  for (at::Tensor& sum : waiting_) {
    if (!sum.defined()) continue;
    tree_sum_into(last, std::array{sum, last});
    spare_.push_back(std::move(sum));
    sum = at::Tensor();
  }
}

}  // namespace ganymede
