#include "benchmarking/lone_rank.hpp"

namespace ganymede {

namespace {

void count(LoneRank::Sums& sums, const at::Tensor& tensor) {
  sums.count += 1;
  sums.bytes += static_cast<std::int64_t>(tensor.nbytes());
}

}  // namespace

void LoneRank::do_all_reduce_sum_(const at::Tensor& tensor) {
  count(all_reduces_, tensor);
}

void LoneRank::do_sum_across_hosts_(const at::Tensor& tensor) {
  count(gradient_sums_, tensor);
  if (on_gradient_sum) on_gradient_sum();
}

}  // namespace ganymede
