#include "reporting/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace ganymede {
namespace {

constexpr double kSecondsBetweenLines = 0.5;

}  // namespace

void Progress::on_end() {
  if (line_open_) std::fputs("\n", stdout);
  line_open_ = false;
  std::fflush(stdout);
}

void Progress::on_report(const Report& report) {
  if (!report.last && since_shown_ && since_shown_->seconds() < kSecondsBetweenLines) return;
  since_shown_.emplace();
  const std::string line = fmt::format(
      "{}epoch {}/{}  step {}/{}  {}  {:.0f} {}/s  {} left", report.phase.empty() ? "" : report.phase + "  ",
      report.epoch, options_.epochs, report.step, options_.last_step, format_scalars(report.scalars),
      report.samples_per_second, options_.samples, format_duration(report.seconds_left));
  // "\033[K" clears what a longer line before left behind.
  if (options_.on_terminal)
    std::fputs(fmt::format("\r{}\033[K", line).c_str(), stdout);
  else
    std::fputs((line + "\n").c_str(), stdout);
  line_open_ = options_.on_terminal;
  std::fflush(stdout);
}

std::string format_scalars(const std::vector<NamedValue>& scalars) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : scalars) {
    std::string word = name.ends_with("_loss") ? name.substr(0, name.size() - 5) : name;
    std::replace(word.begin(), word.end(), '_', ' ');
    texts.push_back(fmt::format("{} {:.4f}", word, printable(value)));
  }
  return fmt::format("{}", fmt::join(texts, "  "));
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace ganymede
