#include "distributed/communicator.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/trace.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {

void Communicator::LocalWork::set(bool local) {
  communicator_.local_ = local;
  communicator_.host_group().set_local(local);
}

void Communicator::ensure_collective() const {
  ensure(!local_, "the work of agree makes no collective call");
}

void Communicator::all_reduce_sum_(const at::Tensor& tensor) {
  ensure_collective();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  const ScopedTimer timer(seconds_);
  const TraceSpan span("all_reduce", TraceCategory::communication);
  do_all_reduce_sum_(tensor);
}

void Communicator::broadcast_(const at::Tensor& tensor, int root) {
  ensure_collective();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  ensure(root >= 0 && root < size(), "the root is a rank");
  const ScopedTimer timer(seconds_);
  const TraceSpan span("broadcast", TraceCategory::communication);
  do_broadcast_(tensor, root);
}

at::Tensor Communicator::all_gather(const at::Tensor& tensor) {
  ensure_collective();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  std::vector<std::int64_t> shape{size()};
  shape.insert(shape.end(), tensor.sizes().begin(), tensor.sizes().end());
  at::Tensor gathered = at::empty(shape, tensor.options());
  const ScopedTimer timer(seconds_);
  const TraceSpan span("all_gather", TraceCategory::communication);
  do_all_gather(tensor, gathered);
  return gathered;
}

void Communicator::barrier() {
  ensure_collective();
  const ScopedTimer timer(seconds_);
  const TraceSpan span("barrier", TraceCategory::wait);
  do_barrier();
}

void Communicator::host_barrier() {
  ensure_collective();
  const ScopedTimer timer(seconds_);
  const TraceSpan span("host_barrier", TraceCategory::wait);
  host_group().barrier();
}

void Communicator::sum_to_owners_(const std::vector<at::Tensor>& of_rank, ElementRange bucket) {
  ensure_collective();
  const ScopedTimer timer(seconds_);
  const TraceSpan span("sum_to_owners", TraceCategory::communication);
  {
    const TraceSpan waiting("wait_for_addends", TraceCategory::wait);
    host_group().barrier();  // all ranks of the group have written their addends
  }
  const ElementRange mine = owned_part(bucket);
  if (mine.size() == 0) return;
  std::vector<at::Tensor> addends;
  addends.reserve(of_rank.size());
  for (const at::Tensor& buffer : of_rank) addends.push_back(buffer.narrow(0, mine.begin, mine.size()));
  const at::Tensor& sum = addends[static_cast<std::size_t>(host_group().rank())];
  if (addends.size() > 1) tree_sum_into(sum, addends);
  do_sum_across_hosts_(sum);
}

ElementRange Communicator::owned_part(ElementRange bucket) {
  const std::int64_t owner = host_group().rank();
  if (owner >= owners()) return {bucket.end, bucket.end};
  const std::int64_t first_block = bucket.begin / kOwnedBlock;
  const std::int64_t blocks = (bucket.end + kOwnedBlock - 1) / kOwnedBlock - first_block;
  const auto border = [&](std::int64_t place) {
    return std::clamp((first_block + blocks * place / owners()) * kOwnedBlock, bucket.begin, bucket.end);
  };
  return {border(owner), border(owner + 1)};
}

void Communicator::broadcast_to_hosts_(const at::Tensor& tensor) {
  ensure_collective();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  const ScopedTimer timer(seconds_);
  const TraceSpan span("broadcast_to_hosts", TraceCategory::communication);
  if (host_group().rank() == 0) do_broadcast_across_hosts_(tensor);
  host_group().barrier();
}

}  // namespace ganymede
