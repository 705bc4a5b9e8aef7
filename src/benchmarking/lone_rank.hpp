// A rank without others, which counts what it would have said to them.
#pragma once

#include <functional>

#include "distributed/communicator.hpp"

namespace ganymede {

class LoneRank final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }

  struct Sums {
    std::int64_t count = 0, bytes = 0;
  };
  // Since the last reset.
  const Sums& gradient_sums() const { return gradient_sums_; }
  const Sums& all_reduces() const { return all_reduces_; }
  void reset() { gradient_sums_ = all_reduces_ = {}; }
  std::function<void()> on_gradient_sum;  // may be empty

 private:
  void do_all_reduce_sum_(const at::Tensor& tensor) override;
  void do_broadcast_(const at::Tensor& tensor, int root) override;
  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override;
  void do_barrier() override {}
  void do_sum_across_nodes_(const at::Tensor& tensor) override;

  Sums gradient_sums_, all_reduces_;
};

}  // namespace ganymede
