#include "distributed/shared_gate.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "distributed/core_exchange.hpp"

namespace ganymede {
namespace {

// Nanoseconds between looks at who is late, which take 50'000 themselves: most waits are over before.
constexpr long kFirstNap = 100'000, kLongestNap = 1'000'000;
constexpr std::int64_t kExchangeHolds = 250'000'000;  // nanoseconds after the last

// Of memory that processes share; returns at once unless the word has this value, and also when the time is
// over or a signal comes.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, long nanoseconds) {
  const timespec longest{.tv_sec = 0, .tv_nsec = nanoseconds};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &longest, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

// Of a clock that all processes of the host see.
std::int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void SharedGate::pass(int caller, int size, const WaitingMode& waiting) {
  const std::uint32_t generation = generation_.load();
  const auto came = static_cast<std::size_t>(caller), all = static_cast<std::size_t>(size);
  const bool seated = all <= kSeats;
  if (seated) seats_[came].take(generation + 1);
  if (arrived_.fetch_add(1) + 1 == all) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.store(generation + 1);
    if (sleepers_.load() != 0) wake_all(generation_);
    return;
  }
  const auto passed = [&] { return generation_.load() != generation; };
  const bool eager = waiting.load(std::memory_order_relaxed) == Waiting::eager;
  if (eager && spin_until(passed)) return;
  sleepers_.fetch_add(1);
  for (long nap = kFirstNap; !passed(); nap = std::min(2 * nap, kLongestNap)) {
    sleep_while(generation_, generation, nap);
    if (eager && seated && !passed()) exchange_cores(seats_[came], std::span(seats_).first(all));
  }
  sleepers_.fetch_sub(1);
}

void SharedGate::Seat::take(std::uint32_t for_generation) {
  remember_own_cores();
  thread.store(gettid());
  generation.store(for_generation);
  const std::int64_t since = exchanged.load();
  if (since != 0 && now() - since >= kExchangeHolds) go_back();
}

void SharedGate::Seat::go_back() {
  return_to_own_cores();
  exchanged.store(0);
}

void SharedGate::exchange_cores(Seat& caller, std::span<Seat> seats) {
  for (Seat& late : seats) {
    std::int64_t since = late.exchanged.load();
    if (late.generation.load() == caller.generation.load() || !waits_for_core(late.thread.load())) continue;
    if (!late.exchanged.compare_exchange_strong(since, now())) continue;  // another who waits was first
    if (exchange_cores_with(late.thread.load())) {
      caller.exchanged.store(now());
    } else {
      // Both keep to this core: one went back to its own while the other exchanged them. The later of them to
      // go back is the caller, now, or the other when its time has come, which this does not put off.
      late.exchanged.store(since);
      caller.go_back();
    }
    return;
  }
}

}  // namespace ganymede
