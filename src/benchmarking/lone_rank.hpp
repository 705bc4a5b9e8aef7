// A rank without others, which counts what it would have said to them.
#pragma once

#include <functional>

#include "distributed/lone_communicator.hpp"

namespace ganymede {

class LoneRank final : public LoneCommunicator {
 public:
  LoneRank();

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
  friend class CountedExchange;

  Sums gradient_sums_, all_reduces_;
};

}  // namespace ganymede
