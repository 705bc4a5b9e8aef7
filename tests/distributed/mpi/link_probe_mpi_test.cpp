#include "distributed/mpi/link_probe.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

// On one machine there is one clock, and a message takes less than a tenth of a second however busy it is.
void expect_link_of_one_machine(const Link& link) {
  EXPECT_GT(link.latency_seconds, 0);
  EXPECT_LT(link.latency_seconds, 0.1);
  EXPECT_GT(link.bytes_per_second, 1e6);
  EXPECT_LT(std::abs(link.clock_ahead), link.latency_seconds + 1e-4);
}

TEST(LinkProbe, TheFirstOfEachPairLearnsOfTheLink) {
  const int rank = world().rank(), pair = rank / 2;
  const bool pairs = pair * 2 + 1 < world().size();
  const auto link = probe_link(pairs ? std::optional(pair) : std::nullopt, world());
  EXPECT_EQ(link.has_value(), pairs && rank % 2 == 0);
  if (link) expect_link_of_one_machine(*link);
}

TEST(LinkProbe, WithoutPairsNobodyLearns) {
  EXPECT_FALSE(probe_link(std::nullopt, world()));
}

}  // namespace
}  // namespace ganymede
