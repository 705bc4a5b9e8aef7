// What a run tells on the terminal: one line that is rewritten in place, or a line a report where the output
// is not a terminal. Rank 0 only.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "training/run_listener.hpp"

namespace ganymede {

struct ProgressOptions {
  std::int64_t last_step = 0, epochs = 0;  // of the whole run
  std::string samples;                     // what is counted by the second: "images"
  bool on_terminal = false;
};

class Progress final : public RunListener {
 public:
  explicit Progress(ProgressOptions options) : options_(std::move(options)) {}
  ~Progress() override { on_end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows the first report, the last one, and those between at most twice a second: a reader that lags behind
  // (mpirun reads nothing while it ends a job) must not hold training up.
  void on_report(const Report& report) override;
  // Ends the line.
  void on_end() override;

 private:
  const ProgressOptions options_;
  bool line_open_ = false;
  std::optional<Stopwatch> since_shown_;
};

// "generator 0.9979  discriminator 1.0568" of generator_loss and discriminator_loss.
std::string format_scalars(const std::vector<NamedValue>& scalars);

// "1:02:03", "2:03"; "-" when unknown.
std::string format_duration(double seconds);

}  // namespace ganymede
