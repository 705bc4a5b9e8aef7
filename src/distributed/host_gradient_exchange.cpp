#include "distributed/host_gradient_exchange.hpp"

#include "base/error.hpp"
#include "base/trace.hpp"
#include "distributed/agreement.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {

at::Tensor HostGradientExchange::allocate_values(std::int64_t elements, at::ScalarType dtype) {
  return allocate_one(communicator(), elements, dtype);
}

Gradients HostGradientExchange::allocate_gradients(std::int64_t elements, at::ScalarType dtype) {
  Gradients gradients{
      .number = numbers_++, .of_rank = allocate_each(communicator(), elements, dtype), .own = {}};
  gradients.own = gradients.of_rank[static_cast<std::size_t>(communicator().host_group().rank())];
  return gradients;
}

ElementRange HostGradientExchange::owned_part(ElementRange bucket) const {
  const std::int64_t owner = communicator().host_group().rank();
  if (owner >= owners()) return {bucket.end, bucket.end};
  const std::int64_t first_block = bucket.begin / kOwnedBlock;
  const std::int64_t blocks = (bucket.end + kOwnedBlock - 1) / kOwnedBlock - first_block;
  const auto border = [&](std::int64_t place) {
    return std::clamp((first_block + blocks * place / owners()) * kOwnedBlock, bucket.begin, bucket.end);
  };
  return {border(owner), border(owner + 1)};
}

void HostGradientExchange::start_sums(const Gradients& gradients, std::span<const ElementRange> buckets) {
  for (const ElementRange& bucket : buckets) {
    if (!overlaps())
      sum_to_owners(gradients, bucket);
    else if (background_)
      submit(gradients, bucket);
    else
      begin([&] { begin_sum(gradients.own.narrow(0, bucket.begin, bucket.size())); });
  }
}

void HostGradientExchange::sum_to_owners(const Gradients& gradients, ElementRange bucket) {
  communicator().ensure_collective();
  const ScopedTimer timer = communicator().count_time();
  const TraceSpan span("sum_to_owners", TraceCategory::communication);
  const auto wait = communicator().wait_in({.name = "the sum of gradients",
                                            .elements = bucket.size(),
                                            .network = gradients.number,
                                            .first = bucket.begin});
  HostGroup& group = communicator().host_group();
  {
    const TraceSpan waiting("wait_for_addends", TraceCategory::wait);
    group.barrier();  // all ranks of the group have written their addends
  }
  const ElementRange mine = owned_part(bucket);
  if (mine.size() == 0) return;
  std::vector<at::Tensor> addends;
  addends.reserve(gradients.of_rank.size());
  for (const at::Tensor& buffer : gradients.of_rank)
    addends.push_back(buffer.narrow(0, mine.begin, mine.size()));
  const at::Tensor& sum = addends[static_cast<std::size_t>(group.rank())];
  if (addends.size() > 1) tree_sum_into(sum, addends);
  sum_across_hosts_(sum);
}

// Buckets of several networks leave in the order in which backward passes fill them: ranks whose graphs
// differ would add up what does not belong together. That is a matter of the procedure, so tests notice.
void HostGradientExchange::submit(const Gradients& gradients, ElementRange bucket) {
  background_->submit([&gradients, bucket, compares = compares_background_sums()](Communicator& of_thread) {
    if (compares) {
      const at::Tensor mine = at::tensor({gradients.number, bucket.begin}, at::kLong);
      ensure(of_thread.all_gather(mine).eq(mine).all().item<bool>(),
             "all ranks fill the buckets of all networks in the same order");
    }
    of_thread.gradients().start_sums(gradients, std::span(&bucket, 1));
  });
}

void HostGradientExchange::start_gather(const at::Tensor& own, const at::Tensor& all) {
  ensure(own.is_contiguous() && all.is_contiguous(), "collectives take contiguous tensors");
  begin([&] { begin_gather(own, all); });
}

template <typename Action>
void HostGradientExchange::begin(Action action) {
  communicator().ensure_collective();
  const ScopedTimer timer = communicator().count_time();
  const TraceSpan span("begin_sum", TraceCategory::communication);
  if (!under_way_) under_way_ = {.stopwatch = {}, .seconds_before = communicator().seconds()};
  action();
}

void HostGradientExchange::finish_sums() {
  if (under_way_) {
    hidden_seconds_ +=
        under_way_->stopwatch.seconds() - (communicator().seconds() - under_way_->seconds_before);
    under_way_.reset();
    const ScopedTimer timer = communicator().count_time();
    const TraceSpan span("end_sums", TraceCategory::communication);
    const auto wait = communicator().wait_in({.name = "the sums of gradients that are under way"});
    end_all();
  }
  if (!overlaps() || !background_) return;
  {
    const ScopedTimer timer = communicator().count_time();
    const auto wait = communicator().wait_in({.name = "the sums of gradients in the background"});
    background_->wait();
  }
  communicator().host_barrier();  // nobody computes with the values any more
}

void HostGradientExchange::abandon_sums() noexcept {
  if (background_) background_->cancel();
  abandon_all();
}

void HostGradientExchange::publish(const at::Tensor& /*buffer*/, std::span<const ElementRange> /*buckets*/,
                                   std::int64_t /*block*/) {
  const auto wait = communicator().wait_in({.name = "the publishing of values"});
  communicator().host_barrier();
}

void HostGradientExchange::broadcast_values_(const at::Tensor& buffer) {
  communicator().ensure_collective();
  ensure(buffer.is_contiguous(), "collectives take contiguous tensors");
  const ScopedTimer timer = communicator().count_time();
  const TraceSpan span("broadcast_to_hosts", TraceCategory::communication);
  const auto wait = communicator().wait_in({.name = "the broadcast of values", .elements = buffer.numel()});
  if (writes_values()) broadcast_across_hosts_(buffer);
  communicator().host_group().barrier();
}

void HostGradientExchange::ensure_lone_ranks() const {
  ensure(communicator().host_group().size() == 1 && !background_, "ranks that share memory sum in it");
}

void HostGradientExchange::take_turns(std::int64_t bucket_bytes, bool leaves_overlap_open) {
  ensure_lone_ranks();
  takes_turns_ = true;
  bucket_bytes_ = bucket_bytes;
  leaves_overlap_open_ = leaves_overlap_open;
}

void HostGradientExchange::gather_factors() {
  ensure_lone_ranks();
  gathers_factors_ = true;
}

void HostGradientExchange::start_background(std::unique_ptr<Communicator> of_thread,
                                            std::int64_t bucket_bytes, bool leaves_overlap_open) {
  background_.emplace(std::move(of_thread));
  bucket_bytes_ = bucket_bytes;
  leaves_overlap_open_ = leaves_overlap_open;
}

}  // namespace ganymede
