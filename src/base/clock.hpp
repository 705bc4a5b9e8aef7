// Wall-clock time spans in seconds.
#pragma once

#include <chrono>

namespace ganymede {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  // Seconds since the start or the last lap.
  double lap() {
    const auto now = Clock::now();
    const double span = std::chrono::duration<double>(now - start_).count();
    start_ = now;
    return span;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Adds the lifetime of the object to a sum of seconds.
class ScopedTimer {
 public:
  explicit ScopedTimer(double& total_seconds) : total_seconds_(total_seconds) {}
  ~ScopedTimer() { total_seconds_ += stopwatch_.seconds(); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  double& total_seconds_;
  Stopwatch stopwatch_;
};

}  // namespace ganymede
