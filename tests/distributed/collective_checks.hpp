// What every communicator must do: inputs encode rank and index, expected values are closed formulas.
#pragma once

#include <gtest/gtest.h>

#include "distributed/agreement.hpp"
#include "distributed/communicator.hpp"

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

}  // namespace ganymede
