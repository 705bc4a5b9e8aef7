#include "distributed/shared_gate.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <limits>

namespace ganymede {
namespace {

// Of memory that processes share; returns at once unless the word has this value, and also when a signal
// comes.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

}  // namespace

void SharedGate::pass(int size, const WaitingMode& waiting) {
  const std::uint32_t generation = generation_.load();
  if (arrived_.fetch_add(1) + 1 == static_cast<std::uint32_t>(size)) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.store(generation + 1);
    if (sleepers_.load() != 0) wake_all(generation_);
    return;
  }
  const auto passed = [&] { return generation_.load() != generation; };
  if (waiting.load(std::memory_order_relaxed) == Waiting::eager && spin_until(passed)) return;
  sleepers_.fetch_add(1);
  while (!passed()) sleep_while(generation_, generation);
  sleepers_.fetch_sub(1);
}

}  // namespace ganymede
