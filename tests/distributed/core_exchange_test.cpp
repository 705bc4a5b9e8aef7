#include "distributed/core_exchange.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "tests/support/thread.hpp"

namespace ganymede {
namespace {

// Of so many looks, those that find it waiting.
constexpr int kLooks = 2'000;
int waits_of(const std::atomic<pid_t>& thread) {
  thread.wait(0);
  int waits = 0;
  for (int look = 0; look < kLooks; ++look) waits += waits_for_core(thread) ? 1 : 0;
  return waits;
}

std::chrono::nanoseconds time_waited(pid_t thread) {
  std::int64_t ran = 0, waited = 0;
  std::ifstream(fmt::format("/proc/{}/schedstat", thread)) >> ran >> waited;
  return std::chrono::nanoseconds(waited);
}

// It is ready for a moment at a time, and has a core then; on a busy machine it does wait, for a time that
// the system tells.
TEST(CoreExchanges, AreNotMadeWithAThreadThatOftenSleeps) {
  std::atomic<pid_t> sleeper = 0;
  std::jthread thread([&](const std::stop_token& stop) {
    sleeper = gettid();
    sleeper.notify_one();
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::microseconds(1));
  });
  sleeper.wait(0);
  const auto waited_before = time_waited(sleeper);
  const auto used_before = time_used();
  const int waits = waits_of(sleeper);
  const auto waited = time_waited(sleeper) - waited_before, of_look = (time_used() - used_before) / kLooks;
  EXPECT_LT(waits, kLooks / 20 + waited / of_look);
}

TEST(CoreExchanges, SeeWhichOfTwoThreadsWaitsForTheCoreOfBoth) {
  std::array<std::atomic<pid_t>, 2> sharing{};
  std::array<std::jthread, 2> threads;
  const auto core = static_cast<std::size_t>(sched_getcpu());
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads[i] = std::jthread([&sharing, i, core](const std::stop_token& stop) {
      keep_to(core);
      sharing[i] = gettid();
      sharing[i].notify_one();
      while (!stop.stop_requested()) {
      }
    });
  EXPECT_GT(waits_of(sharing[0]) + waits_of(sharing[1]), kLooks / 2);
}

cpu_set_t cores_of_this_thread() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  return cores;
}

// A second gate that a thread comes to is told of its cores in the middle of an exchange.
TEST(CoreExchanges, EndAtTheCoresThatAThreadHadFirst) {
  std::jthread thread([] {
    remember_own_cores();
    const cpu_set_t first = cores_of_this_thread();
    if (CPU_COUNT(&first) < 2) GTEST_SKIP() << "one core";
    keep_to(static_cast<std::size_t>(sched_getcpu()));
    remember_own_cores();
    return_to_own_cores();
    const cpu_set_t last = cores_of_this_thread();
    EXPECT_TRUE(CPU_EQUAL(&first, &last));
  });
}

}  // namespace
}  // namespace ganymede
