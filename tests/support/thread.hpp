// What a test sets and reads of the thread that calls.
#pragma once

#include <sched.h>

#include <chrono>
#include <ctime>

namespace ganymede {

// From now on it runs on this core alone.
inline void keep_to(std::size_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

// That it has had a core.
inline std::chrono::nanoseconds time_used() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace ganymede
