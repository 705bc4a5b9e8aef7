#include "benchmarking/lone_rank.hpp"

namespace ganymede {

void LoneRank::do_all_reduce_sum_(const at::Tensor& tensor) {
  sums_ += 1;
  summed_bytes_ += static_cast<std::int64_t>(tensor.nbytes());
}

void LoneRank::do_broadcast_(const at::Tensor&, int) {}

void LoneRank::do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) {
  gathered[0].copy_(tensor);
}

}  // namespace ganymede
