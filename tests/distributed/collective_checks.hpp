// What every communicator must do: inputs encode rank and index, expected values are closed formulas.
#pragma once

#include <gtest/gtest.h>

#include <array>

#include "distributed/agreement.hpp"
#include "distributed/gradient_exchange.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {

inline void check_collectives(Communicator& communicator) {
  const int rank = communicator.rank(), size = communicator.size();
  ASSERT_GE(rank, 0);
  ASSERT_LT(rank, size);
  for (const auto dtype : {at::kFloat, at::kDouble, at::kLong})
    for (const std::int64_t count : {0, 1, 7, 100'003}) {
      const at::Tensor index = at::arange(count, dtype);
      at::Tensor sum = index + rank;
      communicator.all_reduce_sum_(sum);
      EXPECT_TRUE(at::equal(sum, index * size + size * (size - 1) / 2)) << count << " of " << dtype;

      at::Tensor sent = index * (rank + 1);
      communicator.broadcast_(sent, size - 1);
      EXPECT_TRUE(at::equal(sent, index * size)) << count << " of " << dtype;

      const at::Tensor gathered = communicator.all_gather(index + rank);
      ASSERT_EQ(gathered.size(0), size);
      for (int r = 0; r < size; ++r) EXPECT_TRUE(at::equal(gathered[r], index + r)) << "from rank " << r;
    }
  EXPECT_EQ(broadcast_text(communicator, fmt::format("text of rank {}", rank), size - 1),
            fmt::format("text of rank {}", size - 1));
  EXPECT_EQ(broadcast_text(communicator, rank == 0 ? "" : "not empty", 0), "");
  communicator.barrier();
  EXPECT_GT(communicator.seconds(), 0);
}

// Sums to owners: inputs encode rank and index; what the owners of a host group hold together is the whole
// sum.
inline void check_sums_to_owners(Communicator& communicator) {
  const int rank = communicator.rank(), size = communicator.size();
  GradientExchange& exchange = communicator.gradients();
  for (const auto dtype : {at::kFloat, at::kDouble})
    for (const std::int64_t count : {1, 1000, 5000, 100'003}) {
      const at::Tensor index = at::arange(count, dtype);
      const Gradients gradients = exchange.allocate_gradients(count, dtype);
      const at::Tensor gathered = exchange.allocate_values(count, dtype);
      for (const std::int64_t bucket : {count, count / 3 + 1}) {
        const at::Tensor& mine = gradients.own;
        mine.copy_(index + rank);
        for (std::int64_t begin = 0; begin < count; begin += bucket) {
          const ElementRange range{begin, std::min(begin + bucket, count)};
          exchange.start_sums(gradients, std::array{range});
          exchange.finish_sums();
          const ElementRange owned = exchange.owned_part(range);
          gathered.narrow(0, owned.begin, owned.size()).copy_(mine.narrow(0, owned.begin, owned.size()));
        }
        communicator.host_barrier();
        EXPECT_TRUE(at::equal(gathered, index * size + size * (size - 1) / 2)) << count << " of " << dtype;
        communicator.host_barrier();
        if (exchange.writes_values()) gathered.fill_(rank);
        communicator.host_barrier();
        exchange.broadcast_values_(gathered);
        EXPECT_TRUE(gathered.eq(0).all().item<bool>());
        communicator.host_barrier();
      }
    }
}

// The bits of a sum to owners are those of the tree over ranks, which every rank computes for itself.
inline void check_tree_order(Communicator& communicator) {
  GradientExchange& exchange = communicator.gradients();
  constexpr std::int64_t kCount = 10'000;
  const Gradients gradients = exchange.allocate_gradients(kCount, at::kFloat);
  const at::Tensor& mine = gradients.own;
  mine.copy_(at::rand({kCount}) * (communicator.rank() + 1));
  const at::Tensor expected = at::empty({kCount});
  tree_sum_into(expected, communicator.all_gather(mine).unbind());
  exchange.start_sums(gradients, std::array{ElementRange{0, kCount}});
  exchange.finish_sums();
  const ElementRange owned = exchange.owned_part({0, kCount});
  EXPECT_TRUE(
      at::equal(mine.narrow(0, owned.begin, owned.size()), expected.narrow(0, owned.begin, owned.size())));
  communicator.host_barrier();
}

}  // namespace ganymede
