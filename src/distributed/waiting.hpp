// How to wait for another rank.
#pragma once

#include <sched.h>
#include <time.h>

#include <atomic>

namespace ganymede {

enum class Waiting {
  eager,     // nothing else to do: spins, then lets other processes have the core
  yielding,  // more ranks than cores: lets others have the core at once
  polite,    // beside a rank that computes: sleeps between looks
};

// May be changed by another thread at any time.
using WaitingMode = std::atomic<Waiting>;

// Returns when ready() does.
template <typename Ready>
void wait_until(const WaitingMode& mode, Ready ready) {
  constexpr int kSpins = 4000;
  constexpr timespec kSleep{.tv_sec = 0, .tv_nsec = 50'000};
  for (int i = 0; !ready(); ++i) {
    const Waiting waiting = mode.load(std::memory_order_relaxed);
    if (waiting == Waiting::polite)
      nanosleep(&kSleep, nullptr);
    else if (waiting == Waiting::eager && i < kSpins)
      __builtin_ia32_pause();
    else
      sched_yield();
  }
}

}  // namespace ganymede
