// What a run tells on the terminal: one line that is rewritten in place, or a line a report where the output
// is not a terminal. Rank 0 only.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "training/metrics.hpp"

namespace ganymede {

class Progress {
 public:
  Progress(std::int64_t last_step, std::int64_t epochs, bool on_terminal);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows the first report, the last one, and those between at most twice a second: a reader that lags behind
  // (mpirun reads nothing while it ends a job) must not hold training up.
  void show(const Metrics& metrics, double seconds_left, bool last);

 private:
  const std::int64_t last_step_, epochs_;
  const bool on_terminal_;
  bool line_open_ = false;
  std::optional<Stopwatch> since_shown_;
};

// "1:02:03", "2:03"; "-" when unknown.
std::string format_duration(double seconds);

}  // namespace ganymede
