#include "distributed/communicator.hpp"

#include "base/error.hpp"
#include "base/trace.hpp"
#include "distributed/host_gradient_exchange.hpp"

namespace ganymede {

namespace {

// Has `work` done on a copy in host memory where the tensor is not there, and copies that back.
template <typename Work>
void in_host_memory(const at::Tensor& tensor, Work work) {
  if (tensor.is_cpu()) return work(tensor);
  const at::NoGradGuard no_grad;
  const at::Tensor copy = tensor.cpu();
  work(copy);
  tensor.copy_(copy);
}

}  // namespace

Communicator::Communicator(std::shared_ptr<WaitBoard> board)
    : board_(std::move(board)),
      mark_(board_->add_mark()),
      gradients_(std::make_unique<HostGradientExchange>(*this)) {}

Communicator::~Communicator() = default;

void Communicator::carry_gradients_by(std::unique_ptr<GradientExchange> exchange) {
  gradients_ = std::move(exchange);
}

void Communicator::LocalWork::set(bool local) {
  communicator_.local_ = local;
  communicator_.host_group().set_local(local);
}

void Communicator::ensure_collective() const {
  ensure(!local_, "the work of agree makes no collective call");
}

void Communicator::ensure_message() const {
  ensure_collective();
  ensure(!gradients_->is_recording(), "a step that is recorded sends no messages over the host");
}

void Communicator::all_reduce_sum_(const at::Tensor& tensor) {
  ensure_message();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  const ScopedTimer timer(seconds_);
  const TraceSpan span("all_reduce", TraceCategory::communication);
  const auto wait = wait_in({.name = "all_reduce", .elements = tensor.numel()});
  in_host_memory(tensor, [&](const at::Tensor& in_memory) { do_all_reduce_sum_(in_memory); });
}

void Communicator::broadcast_(const at::Tensor& tensor, int root) {
  ensure_message();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  ensure(root >= 0 && root < size(), "the root is a rank");
  const ScopedTimer timer(seconds_);
  const TraceSpan span("broadcast", TraceCategory::communication);
  const auto wait = wait_in({.name = "broadcast", .elements = tensor.numel()});
  in_host_memory(tensor, [&](const at::Tensor& in_memory) { do_broadcast_(in_memory, root); });
}

at::Tensor Communicator::all_gather(const at::Tensor& tensor) {
  ensure_message();
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  std::vector<std::int64_t> shape{size()};
  shape.insert(shape.end(), tensor.sizes().begin(), tensor.sizes().end());
  at::Tensor gathered = at::empty(shape, tensor.options());
  const ScopedTimer timer(seconds_);
  const TraceSpan span("all_gather", TraceCategory::communication);
  const auto wait = wait_in({.name = "all_gather", .elements = tensor.numel()});
  in_host_memory(gathered, [&](const at::Tensor& in_memory) { do_all_gather(tensor.cpu(), in_memory); });
  return gathered;
}

void Communicator::barrier() {
  ensure_message();
  const ScopedTimer timer(seconds_);
  const TraceSpan span("barrier", TraceCategory::wait);
  const auto wait = wait_in({.name = "barrier"});
  do_barrier();
}

void Communicator::host_barrier() {
  ensure_message();
  const ScopedTimer timer(seconds_);
  const TraceSpan span("host_barrier", TraceCategory::wait);
  const auto wait = wait_in({.name = "host_barrier"});
  host_group().barrier();
}

}  // namespace ganymede
