#include "distributed/mpi_communicator.hpp"

#include <gtest/gtest.h>

#include "tests/distributed/collective_checks.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

TEST(MpiCommunicator, DoesEveryCollective) {
  check_collectives(world());
}

TEST(MpiCommunicator, KnowsTheRanksOfItsHost) {
  EXPECT_EQ(world().node_size(), world().size());  // the tests run on one host
  EXPECT_EQ(world().node_rank(), world().rank());
}

TEST(MpiCommunicator, SumsHaveTheSameBitsOnEveryRank) {
  const at::Tensor values = at::rand({1 << 18}) * (world().rank() + 1);
  world().all_reduce_sum_(values);
  const at::Tensor of_root = values.clone();
  world().broadcast_(of_root);
  EXPECT_TRUE(at::equal(values, of_root));
}

TEST(MpiCommunicator, AnErrorOnOneRankIsAgreedByAll) {
  const int failing = world().size() - 1;
  try {
    agree(world(), [&] {
      if (world().rank() == failing) throw DataError("a broken shard");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_STREQ(error.what(), "a broken shard");
    EXPECT_EQ(error.exit_code(), ExitCode::data_error);
  }
}

}  // namespace
}  // namespace ganymede
