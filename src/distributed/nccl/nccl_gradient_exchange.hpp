// Gradients in the memory of devices, summed by NCCL. Every rank has values of its own. Sums and gathers run
// on a stream beside the one that computes; only events order the two, so a call returns before its work is
// done: wait() says when, and that it was.
#pragma once

#include "distributed/gradient_exchange.hpp"
#include "distributed/nccl/nccl_connection.hpp"

namespace ganymede {

enum class NcclSums {
  everywhere,  // each rank gets all sums and updates everything
  // Each rank gets the sums of its part, updates it, and gathers the others' values. What else is laid out
  // like the values (moments, averages) is whole on no rank until it is published, too.
  scattered
};

struct NcclOptions {
  at::Device device;                             // this rank's, where values and gradients live
  std::function<cudaStream_t()> compute_stream;  // that this thread gives its work to
  NcclSums sums = NcclSums::everywhere;
  std::int64_t bucket_bytes = 8 << 20;
  // Without progress, until ranks give each other up.
  double timeout_seconds = CommunicationOptions{}.deadline_seconds;
};

class NcclGradientExchange final : public GradientExchange {
 public:
  // Where a rank cannot take part, all throw AgreedError. The communicator outlives it. Collective.
  NcclGradientExchange(Communicator& communicator, NcclOptions options);

  at::Tensor allocate_values(std::int64_t elements, at::ScalarType dtype) override;
  Gradients allocate_gradients(std::int64_t elements, at::ScalarType dtype) override;
  bool writes_values() const override { return true; }

  std::int64_t bucket_bytes() const override { return options_.bucket_bytes; }
  std::int64_t bucket_granule() const override;
  ElementRange owned_part(ElementRange bucket) const override;

  // The buckets of one call travel together.
  void start_sums(const Gradients& gradients, std::span<const ElementRange> buckets) override;
  void finish_sums() override;
  void abandon_sums() noexcept override;

  void publish(const at::Tensor& buffer, std::span<const ElementRange> buckets, std::int64_t block) override;
  void broadcast_values_(const at::Tensor& buffer) override;
  void all_reduce_sum_(const at::Tensor& tensor) override;
  at::Tensor all_gather(const at::Tensor& tensor) override;
  void wait() override;

  bool can_overlap() const override { return true; }

 private:
  // Of a bucket that all ranks own equal parts of: the last of a buffer reaches into what is allocated
  // behind.
  std::int64_t part_size(ElementRange bucket, std::int64_t block) const;
  void require_equal_parts(const at::Tensor& buffer, std::span<const ElementRange> buckets,
                           std::int64_t block) const;
  void enqueue(std::string what, const NcclConnection::Calls& calls);

  const NcclOptions options_;
  const int rank_, size_;
  NcclConnection connection_;
  std::int64_t numbers_ = 0;
};

}  // namespace ganymede
