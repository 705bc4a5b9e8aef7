// How to wait for another rank.
#pragma once

#include <sched.h>
#include <time.h>

#include <atomic>

#include "base/clock.hpp"

namespace ganymede {

enum class Waiting {
  eager,     // nothing else to do: spins a little first
  yielding,  // more ranks than cores: lets others have the core at once
  polite,    // beside a rank that computes: sleeps
};

// May be changed by another thread at any time.
using WaitingMode = std::atomic<Waiting>;

// Whether ready() became true within the time that sleeping and being woken would take.
template <typename Ready>
bool spin_until(Ready ready) {
  constexpr double kSeconds = 20e-6;
  constexpr int kLooks = 64;  // between looks at the clock
  const Stopwatch stopwatch;
  do {
    for (int i = 0; i < kLooks; ++i) {
      if (ready()) return true;
      __builtin_ia32_pause();
    }
  } while (stopwatch.seconds() < kSeconds);
  return ready();
}

// Returns when ready() does, which nobody tells: it must be looked for.
template <typename Ready>
void wait_until(const WaitingMode& mode, Ready ready) {
  constexpr timespec kSleep{.tv_sec = 0, .tv_nsec = 50'000};
  if (mode.load(std::memory_order_relaxed) == Waiting::eager && spin_until(ready)) return;
  while (!ready()) {
    if (mode.load(std::memory_order_relaxed) == Waiting::polite)
      nanosleep(&kSleep, nullptr);
    else
      sched_yield();
  }
}

}  // namespace ganymede
