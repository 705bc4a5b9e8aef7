#include "distributed/nccl/nccl_gradient_exchange.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "base/error.hpp"
#include "base/trace.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {
namespace {

ncclDataType_t nccl_type(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return ncclFloat32;
    case at::kDouble:
      return ncclFloat64;
    case at::kLong:
      return ncclInt64;
    default:
      throw CommunicationError(
          fmt::format("no NCCL type for tensors of {}; expected float32, float64 or int64",
                      c10::toString(tensor.scalar_type())));
  }
}

std::byte* address(const at::Tensor& tensor, std::int64_t element) {
  return static_cast<std::byte*>(tensor.mutable_data_ptr()) +
         element * static_cast<std::int64_t>(tensor.element_size());
}

// The first result that is neither success nor under way.
class FirstFailure {
 public:
  void note(ncclResult_t result) {
    if (first_ == ncclSuccess && result != ncclInProgress) first_ = result;
  }
  ncclResult_t get() const { return first_; }

 private:
  ncclResult_t first_ = ncclSuccess;
};

std::string name_of(std::string_view operation, std::span<const ElementRange> buckets) {
  return fmt::format("{} {}..{} in {} buckets", operation, buckets.front().begin, buckets.back().end - 1,
                     buckets.size());
}

}  // namespace

NcclGradientExchange::NcclGradientExchange(Communicator& communicator, NcclOptions options)
    : GradientExchange(communicator),
      options_(std::move(options)),
      rank_(communicator.rank()),
      size_(communicator.size()),
      connection_(
          communicator,
          [this] {
            if (options_.device.is_cuda())
              check_cuda(cudaSetDevice(options_.device.index()), "cudaSetDevice");
          },
          options_.timeout_seconds) {}

at::Tensor NcclGradientExchange::allocate_values(std::int64_t elements, at::ScalarType dtype) {
  at::Tensor tensor;
  agree(communicator(), [&] {
    try {
      tensor = at::zeros({elements + size_ * kOwnedBlock}, at::TensorOptions(dtype).device(options_.device));
    } catch (const c10::Error& error) {
      throw CommunicationError(
          fmt::format("{}; take a smaller network or global batch", error.what_without_backtrace()));
    }
  });
  return tensor.narrow(0, 0, elements);
}

Gradients NcclGradientExchange::allocate_gradients(std::int64_t elements, at::ScalarType dtype) {
  return {.number = numbers_++, .of_rank = {}, .own = allocate_values(elements, dtype)};
}

std::int64_t NcclGradientExchange::bucket_granule() const {
  return options_.sums == NcclSums::scattered ? kOwnedBlock * size_ : kOwnedBlock;
}

ElementRange NcclGradientExchange::owned_part(ElementRange bucket) const {
  if (options_.sums == NcclSums::everywhere) return bucket;
  const std::int64_t size = part_size(bucket, kOwnedBlock), begin = bucket.begin + rank_ * size;
  return {std::min(begin, bucket.end), std::min(begin + size, bucket.end)};
}

std::int64_t NcclGradientExchange::part_size(ElementRange bucket, std::int64_t block) const {
  const std::int64_t whole = block * size_;
  return (bucket.size() + whole - 1) / whole * block;
}

void NcclGradientExchange::require_equal_parts(const at::Tensor& buffer,
                                               std::span<const ElementRange> buckets,
                                               std::int64_t block) const {
  for (const ElementRange& bucket : buckets)
    ensure(bucket.size() == size_ * part_size(bucket, block) || bucket.end == buffer.numel(),
           "a bucket is of whole granules, or the last of its buffer");
}

void NcclGradientExchange::start_sums(const Gradients& gradients, std::span<const ElementRange> buckets) {
  if (buckets.empty()) return;
  const TraceSpan span("start_sums", TraceCategory::communication);
  const at::Tensor& own = gradients.own;
  const ncclDataType_t type = nccl_type(own);
  const bool everywhere = options_.sums == NcclSums::everywhere;
  if (!everywhere) require_equal_parts(own, buckets, kOwnedBlock);
  enqueue(name_of(fmt::format("the sum of gradients of network {},", gradients.number), buckets),
          [&](ncclComm_t nccl, cudaStream_t stream) {
            FirstFailure failure;
            for (const ElementRange& bucket : buckets) {
              std::byte* begin = address(own, bucket.begin);
              const std::int64_t part = everywhere ? bucket.size() : part_size(bucket, kOwnedBlock);
              const auto count = static_cast<std::size_t>(part);
              failure.note(everywhere ? ncclAllReduce(begin, begin, count, type, ncclSum, nccl, stream)
                                      : ncclReduceScatter(begin, address(own, bucket.begin + rank_ * part),
                                                          count, type, ncclSum, nccl, stream));
            }
            return failure.get();
          });
}

void NcclGradientExchange::finish_sums() {
  communicator().ensure_collective();
  connection_.join(options_.compute_stream());
}

void NcclGradientExchange::abandon_sums() noexcept {
  connection_.abort("an update was given up");
}

void NcclGradientExchange::publish(const at::Tensor& buffer, std::span<const ElementRange> buckets,
                                   std::int64_t block) {
  if (options_.sums == NcclSums::everywhere || buckets.empty()) return;
  const TraceSpan span("publish", TraceCategory::communication);
  const ncclDataType_t type = nccl_type(buffer);
  require_equal_parts(buffer, buckets, block);
  enqueue(name_of("the gathering of values", buckets), [&](ncclComm_t nccl, cudaStream_t stream) {
    FirstFailure failure;
    for (const ElementRange& bucket : buckets) {
      const std::int64_t part = part_size(bucket, block);
      failure.note(ncclAllGather(address(buffer, bucket.begin + rank_ * part), address(buffer, bucket.begin),
                                 static_cast<std::size_t>(part), type, nccl, stream));
    }
    return failure.get();
  });
  connection_.join(options_.compute_stream());
}

void NcclGradientExchange::broadcast_values_(const at::Tensor& buffer) {
  ensure(buffer.is_contiguous(), "collectives take contiguous tensors");
  const ncclDataType_t type = nccl_type(buffer);
  enqueue("the broadcast of values", [&](ncclComm_t nccl, cudaStream_t stream) {
    return ncclBroadcast(address(buffer, 0), address(buffer, 0), static_cast<std::size_t>(buffer.numel()),
                         type, /*root=*/0, nccl, stream);
  });
  connection_.join(options_.compute_stream());
}

void NcclGradientExchange::all_reduce_sum_(const at::Tensor& tensor) {
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  const ncclDataType_t type = nccl_type(tensor);
  enqueue(fmt::format("the sum of {} numbers", tensor.numel()), [&](ncclComm_t nccl, cudaStream_t stream) {
    return ncclAllReduce(address(tensor, 0), address(tensor, 0), static_cast<std::size_t>(tensor.numel()),
                         type, ncclSum, nccl, stream);
  });
  connection_.join(options_.compute_stream());
}

at::Tensor NcclGradientExchange::all_gather(const at::Tensor& tensor) {
  ensure(tensor.is_contiguous(), "collectives take contiguous tensors");
  const ncclDataType_t type = nccl_type(tensor);
  std::vector<std::int64_t> shape{size_};
  shape.insert(shape.end(), tensor.sizes().begin(), tensor.sizes().end());
  at::Tensor gathered = at::empty(shape, tensor.options());
  enqueue(fmt::format("the gathering of {} numbers", tensor.numel()),
          [&](ncclComm_t nccl, cudaStream_t stream) {
            return ncclAllGather(address(tensor, 0), address(gathered, 0),
                                 static_cast<std::size_t>(tensor.numel()), type, nccl, stream);
          });
  connection_.join(options_.compute_stream());
  return gathered;
}

void NcclGradientExchange::wait() {
  const ScopedTimer timer = communicator().count_time();
  const TraceSpan span("wait_for_device", TraceCategory::wait);
  const auto wait = communicator().wait_in({.name = "the sums of gradients on devices"});
  connection_.wait(options_.compute_stream());
}

void NcclGradientExchange::enqueue(std::string what, const NcclConnection::Calls& calls) {
  communicator().ensure_collective();
  const ScopedTimer timer = communicator().count_time();
  const auto wait = communicator().wait_in({.name = "the queue of sums on devices"});
  connection_.enqueue(options_.compute_stream(), std::move(what), calls);
}

}  // namespace ganymede
