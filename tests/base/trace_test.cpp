#include "base/trace.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ganymede {
namespace {

TEST(Trace, OffItRecordsNothing) {
  {
    const TracedThread thread(7, "main");
    const TraceSpan span("work");
  }
  EXPECT_TRUE(take_trace(7).threads.empty());
}

TEST(Trace, KeepsWhatEachThreadOfTheRankDid) {
  start_tracing();
  {
    const TracedThread thread(7, "main");
    const TraceSpan outer("outer", TraceCategory::step, 3);
    const TraceSpan inner("inner");
    std::thread([] {
      const TracedThread helper(7, "helper");
      const TraceSpan span("help");
    }).join();
    std::thread([] {
      const TracedThread other(8, "of another rank");
      const TraceSpan span("work");
    }).join();
    std::thread([] { const TraceSpan span("whose?"); }).join();
  }
  const RankTrace taken = take_trace(7);
  ASSERT_EQ(taken.threads.size(), 2U);
  EXPECT_EQ(taken.threads[0].thread, "main");
  EXPECT_EQ(taken.threads[1].thread, "helper");
  const auto& main = taken.threads[0].events;
  ASSERT_EQ(main.size(), 2U);
  EXPECT_EQ(main[0].name, "inner");
  EXPECT_EQ(main[1].name, "outer");
  EXPECT_EQ(main[1].step, 3);
  EXPECT_LE(main[1].begin, main[0].begin);
  EXPECT_LE(main[0].begin, main[0].end);
  EXPECT_LE(main[0].end, main[1].end);
  ASSERT_EQ(taken.threads[1].events.size(), 1U);
  EXPECT_EQ(take_trace(8).threads.size(), 1U);
}

TEST(Trace, ItsMemoryIsBounded) {
  start_tracing();
  const TracedThread thread(7, "main");
  for (std::size_t i = 0; i < kEventsOfThread + 10; ++i) const TraceSpan span("work");
  const RankTrace taken = take_trace(7);
  EXPECT_EQ(taken.threads[0].events.size(), kEventsOfThread);
  EXPECT_EQ(taken.dropped, 10);
  { const TraceSpan later("work"); }
  EXPECT_TRUE(take_trace(7).threads.empty());
}

}  // namespace
}  // namespace ganymede
