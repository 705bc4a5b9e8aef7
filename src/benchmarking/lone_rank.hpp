// A rank without others, which counts what it would have said to them.
#pragma once

#include "distributed/communicator.hpp"

namespace ganymede {

class LoneRank final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }

  // All-reduces since the last reset.
  std::int64_t sums() const { return sums_; }
  std::int64_t summed_bytes() const { return summed_bytes_; }
  void reset() { sums_ = summed_bytes_ = 0; }

 private:
  void do_all_reduce_sum_(const at::Tensor& tensor) override;
  void do_broadcast_(const at::Tensor& tensor, int root) override;
  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override;
  void do_barrier() override {}

  std::int64_t sums_ = 0, summed_bytes_ = 0;
};

}  // namespace ganymede
