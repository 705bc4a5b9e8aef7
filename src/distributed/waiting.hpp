// How to wait for another rank.
#pragma once

#include <sched.h>
#include <time.h>

namespace ganymede {

enum class Waiting {
  eager,     // nothing else to do: spins, then lets other processes have the core
  yielding,  // more ranks than cores: lets others have the core at once
  polite,    // beside a rank that computes: sleeps between looks
};

// Returns when ready() does.
template <typename Ready>
void wait_until(Waiting waiting, Ready ready) {
  constexpr int kSpins = 4000;
  constexpr timespec kSleep{.tv_sec = 0, .tv_nsec = 50'000};
  for (int i = 0; !ready(); ++i) {
    if (waiting == Waiting::polite)
      nanosleep(&kSleep, nullptr);
    else if (waiting == Waiting::eager && i < kSpins)
      __builtin_ia32_pause();
    else
      sched_yield();
  }
}

}  // namespace ganymede
