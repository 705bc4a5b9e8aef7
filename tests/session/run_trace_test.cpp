#include "session/run_trace.hpp"

#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

TEST(ClockLead, IsFoundBetweenHostsAndNoneWithinOne) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  run_loopback_ranks(4,
                     [](Communicator& communicator) {
                       const std::int64_t ahead = communicator.rank() < 2 ? 5 * kSecond : -3 * kSecond;
                       const std::int64_t lead =
                           clock_lead(communicator, [&] { return trace_clock() + ahead; });
                       if (communicator.rank() < 2)
                         EXPECT_EQ(lead, 0);
                       else
                         EXPECT_NEAR(static_cast<double>(lead), -8.0 * kSecond, 0.1 * kSecond);
                     },
                     {.host_group_sizes = {2, 2}});
}

}  // namespace
}  // namespace ganymede
