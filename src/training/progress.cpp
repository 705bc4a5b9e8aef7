#include "training/progress.hpp"

#include <cmath>
#include <cstdio>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr double kSecondsBetweenLines = 0.5;

}  // namespace

Progress::Progress(std::int64_t last_step, std::int64_t epochs, bool on_terminal)
    : last_step_(last_step), epochs_(epochs), on_terminal_(on_terminal) {}

Progress::~Progress() {
  if (line_open_) std::fputs("\n", stdout);
  std::fflush(stdout);
}

void Progress::show(const Metrics& metrics, double seconds_left, bool last) {
  if (!last && since_shown_ && since_shown_->seconds() < kSecondsBetweenLines) return;
  since_shown_.emplace();
  const std::string line =
      fmt::format("epoch {}/{}  step {}/{}  generator {:.4f}  discriminator {:.4f}  {:.0f} images/s  {} left",
                  metrics.epoch, epochs_, metrics.step, last_step_, metrics.generator_loss,
                  metrics.discriminator_loss, metrics.samples_per_second, format_duration(seconds_left));
  // "\033[K" clears what a longer line before left behind.
  if (on_terminal_)
    std::fputs(fmt::format("\r{}\033[K", line).c_str(), stdout);
  else
    std::fputs((line + "\n").c_str(), stdout);
  line_open_ = on_terminal_;
  std::fflush(stdout);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace ganymede
