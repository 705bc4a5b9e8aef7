#include "diagnosis/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

using testing::HasSubstr;

MeasuredLink link_of(const std::string& from, const std::string& to, double gigabits,
                     double clock_ahead = 0) {
  return {
      .from = from,
      .to = to,
      .link = {.latency_seconds = 50e-6, .bytes_per_second = gigabits / 8e-9, .clock_ahead = clock_ahead}};
}

TEST(ExamineLinks, SaysHowFastTheyAre) {
  const auto findings = examine_links("between hosts", {link_of("a", "b", 9.4), link_of("b", "c", 9.1)});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, Verdict::ok);
  EXPECT_EQ(findings[0].found, "latency 50 microseconds, 9.1 to 9.4 Gbit/s");
  EXPECT_TRUE(examine_links("between hosts", {}).empty());
}

TEST(ExamineLinks, NamesASlowOne) {
  const auto findings = examine_links(
      "between hosts", {link_of("a", "b", 0.94), link_of("b", "c", 0.094), link_of("c", "d", 0.94)});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].verdict, Verdict::warning);
  EXPECT_THAT(findings[1].found,
              testing::AllOf(HasSubstr("b to c: 0.094 Gbit/s"), HasSubstr("median is 0.94")));
}

TEST(ExamineClocks, NamesOneThatIsOff) {
  const auto findings =
      examine_clocks({link_of("a", "b", 1, 0.002), link_of("b", "c", 1, -3.5), link_of("c", "d", 1, 0.001)});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, Verdict::warning);
  EXPECT_EQ(findings[0].found, "that of c is 3.5 s behind that of b");
  EXPECT_EQ(examine_clocks({link_of("a", "b", 1, 0.002)})[0].found, "of neighbours differ by at most 2.0 ms");
  EXPECT_TRUE(examine_clocks({}).empty());
}

}  // namespace
}  // namespace ganymede
