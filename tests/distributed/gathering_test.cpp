#include "distributed/gathering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

TEST(Gathering, BringsWhatEachRankHasToAll) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const int rank = communicator.rank();
    EXPECT_THAT(gather_values(communicator, std::array{rank, rank * rank}),
                testing::ElementsAre(std::array{0, 0}, std::array{1, 1}, std::array{2, 4}));
    EXPECT_THAT(gather_texts(communicator, std::string(static_cast<std::size_t>(2 * rank), 'x')),
                testing::ElementsAre("", "xx", "xxxx"));
    EXPECT_THAT(gather_texts(communicator, ""), testing::ElementsAre("", "", ""));
    EXPECT_EQ(gather_on_host(communicator, rank).size(), static_cast<std::size_t>(communicator.host_size()));
  });
}

}  // namespace
}  // namespace ganymede
