#include "benchmarking/step_timeline.hpp"

#include "base/spread.hpp"

namespace ganymede {
namespace {

constexpr int kProductRepeats = 5;

// Seconds of multiplying a gradient's factors, which leaves the product where the gradient was.
double product_seconds(GradientAccumulator& gradient, const GradientFactors& factors) {
  const at::NoGradGuard no_grad;
  std::vector<double> seconds;
  for (int i = 0; i < kProductRepeats; ++i) {
    const Stopwatch clock;
    gradient.set_product(factors);
    seconds.push_back(clock.seconds());
  }
  return spread_of(seconds).median;
}

bool is_plain(const GradientEvent& event) {
  return event.bytes > 0 && event.factor_bytes == 0;
}

}  // namespace

StepTimeline::StepTimeline(LoneRank& rank, Procedure& procedure, std::int64_t rows)
    : rank_(rank), players_(procedure.players()), rows_(static_cast<double>(rows)) {
  for (const Player& player : players_) watch(player.arena);
  rank.on_gradient_sum = [this] { note(0); };
}

StepTimeline::~StepTimeline() {
  rank_.on_gradient_sum = nullptr;
  for (const Player& player : players_)
    for (const auto& slot : player.arena.slots()) {
      slot.gradient->on_complete = nullptr;
      slot.gradient->hold_factors_of(0);
    }
}

void StepTimeline::watch(const ParameterArena& arena) {
  const auto item_bytes = static_cast<double>(arena.gradients().element_size());
  std::int64_t end = arena.gradients().numel();
  for (auto slot = arena.slots().rbegin(); slot != arena.slots().rend(); ++slot) {
    const double bytes = static_cast<double>(end - slot->offset) * item_bytes;
    // All that several ranks would hold which have these rows together.
    slot->gradient->hold_factors_of(1);
    slot->gradient->on_complete = [this, gradient = slot->gradient.get(), bytes] {
      if (gradient->held()) products_.push_back({events_.size(), gradient, *gradient->held()});
      gradient->sum();
      note(bytes);
    };
    end = slot->offset;
  }
}

void StepTimeline::end() {
  step_seconds_ = clock_.seconds();
  for (const auto& [event, gradient, factors] : products_) {
    events_[event].factor_bytes = static_cast<double>(factors.left.nbytes() + factors.right.nbytes()) / rows_;
    events_[event].product_seconds = product_seconds(*gradient, factors) / rows_;
  }
}

std::vector<GradientEvent> StepTimeline::events() const {
  constexpr double kMoment = 0.002;  // of a step
  std::vector<GradientEvent> events;
  for (GradientEvent event : events_) {
    event.at /= step_seconds_;
    const bool joins = !events.empty() && is_plain(event) && is_plain(events.back()) &&
                       event.at < events.back().at + kMoment;
    if (joins) event.bytes += events.back().bytes;
    if (joins) events.pop_back();
    events.push_back(event);
  }
  return events;
}

}  // namespace ganymede
