#include "distributed/overlap_trial.hpp"

#include "base/logging.hpp"
#include "base/spread.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kFirstSteps = 4;  // that warm up and are not counted
constexpr double kGain = 0.02;           // by which overlapping must be faster

}  // namespace

OverlapTrial::OverlapTrial(GradientExchange& exchange)
    : exchange_(exchange), deciding_(exchange.leaves_overlap_open()) {}

void OverlapTrial::note_step(double seconds) {
  if (!deciding_) return;
  if (++steps_ > kFirstSteps) (exchange_.overlaps() ? with_ : without_).push_back(seconds);
  if (steps_ < kSteps)
    exchange_.set_overlapping(steps_ % 2 == 0);
  else
    decide();
}

// Every rank has waited for the slowest, so their medians hardly differ; the sum makes the verdict one.
void OverlapTrial::decide() {
  const at::Tensor seconds = at::tensor({spread_of(with_).median, spread_of(without_).median}, at::kDouble);
  Communicator& communicator = exchange_.communicator();
  communicator.all_reduce_sum_(seconds);
  seconds.div_(communicator.size());
  const auto with = seconds[0].item<double>(), without = seconds[1].item<double>();
  const bool gains = with < (1 - kGain) * without;
  exchange_.set_overlapping(gains);
  deciding_ = false;
  if (communicator.rank() == 0)
    spdlog::info("gradients travel {}: a step takes {:.1f} ms so, {:.1f} ms the other way",
                 gains ? "while backward runs" : "after backward", 1e3 * (gains ? with : without),
                 1e3 * (gains ? without : with));
}

}  // namespace ganymede
