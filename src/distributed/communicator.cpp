#include "distributed/communicator.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"

namespace ganymede {

void Communicator::all_reduce_sum_(const at::Tensor& tensor) {
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  ScopedTimer timer(seconds_);
  do_all_reduce_sum_(tensor);
}

void Communicator::broadcast_(const at::Tensor& tensor, int root) {
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  ensure(root >= 0 && root < size(), "the root is a rank");
  ScopedTimer timer(seconds_);
  do_broadcast_(tensor, root);
}

at::Tensor Communicator::all_gather(const at::Tensor& tensor) {
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  std::vector<std::int64_t> shape{size()};
  shape.insert(shape.end(), tensor.sizes().begin(), tensor.sizes().end());
  at::Tensor gathered = at::empty(shape, tensor.options());
  ScopedTimer timer(seconds_);
  do_all_gather(tensor, gathered);
  return gathered;
}

void Communicator::barrier() {
  ScopedTimer timer(seconds_);
  do_barrier();
}

}  // namespace ganymede
