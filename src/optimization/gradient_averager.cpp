#include "optimization/gradient_averager.hpp"

#include "base/error.hpp"

namespace ganymede {

GradientAverager::GradientAverager(ParameterArena& arena, std::int64_t replicas_of_rank,
                                   const std::string& network)
    : arena_(arena), replicas_of_rank_(replicas_of_rank) {
  const GradientExchange& exchange = arena.exchange();
  if (exchange.gathers_factors() && replicas_of_rank == 1) factored_.emplace(arena, network);
  if (exchange.can_overlap() || factored_) watch_gradients();
}

GradientAverager::~GradientAverager() {
  for (const auto& slot : arena_.slots()) slot.gradient->on_complete = nullptr;
}

void GradientAverager::watch_gradients() {
  const auto& buckets = arena_.buckets();
  missing_at_first_.assign(buckets.size(), 0);
  for (std::size_t i = 0; i < arena_.slots().size(); ++i) {
    const auto& slot = arena_.slots()[i];
    auto& in = buckets_of_slot_.emplace_back();
    for (std::size_t b = 0; b < buckets.size(); ++b) {
      if (slot.end() <= buckets[b].begin || slot.offset >= buckets[b].end) continue;
      in.push_back(b);
      ++missing_at_first_[b];
    }
    slot.gradient->on_complete = [this, i] { note_arrival(i); };
  }
}

GradientAverager::Pending GradientAverager::begin() {
  ensure(update_ == Update::none, "finish() ended the update before");
  update_ = Update::pending;
  arena_.clear_gradients();
  missing_ = missing_at_first_;
  next_bucket_ = 0;
  watching_ = arena_.exchange().overlaps() && replicas_of_rank_ == 1;
  return Pending(*this);
}

// Buckets leave in their order, which is that of backward, on every rank.
void GradientAverager::note_arrival(std::size_t slot) {
  arena_.exchange().progress();
  if (update_ == Update::pending && factored_) factored_->start(slot);
  if (!watching_) return;
  for (const std::size_t bucket : buckets_of_slot_[slot]) {
    ensure(missing_[bucket] > 0, "an update has one backward pass: this bucket is being summed");
    --missing_[bucket];
  }
  const std::size_t first = next_bucket_;
  while (next_bucket_ < missing_.size() && missing_[next_bucket_] == 0) ++next_bucket_;
  if (next_bucket_ > first) arena_.start_sums(first, next_bucket_);
}

GradientAverager::Pending::~Pending() {
  if (averager_.update_ != Update::pending) return;
  GradientExchange& exchange = averager_.arena_.exchange();
  averager_.watching_ = false;
  averager_.update_ = exchange.is_recording() ? Update::none : Update::abandoned;
  if (!exchange.is_recording()) exchange.abandon_sums();
}

void GradientAverager::Pending::next_replica() {
  ensure(averager_.update_ == Update::pending, "replicas come before finish()");
  averager_.arena_.complete_gradients();
  averager_.replicas_.add(averager_.arena_.gradients());
  averager_.arena_.clear_gradients();
}

// A parameter that the loss did not use is missing on every rank alike; what is left leaves now.
void GradientAverager::Pending::finish() {
  GradientAverager& self = averager_;
  ensure(self.update_ == Update::pending, "an update is finished once");
  self.watching_ = false;
  self.arena_.complete_gradients();
  self.replicas_.finish(self.arena_.gradients());
  self.arena_.start_sums(self.next_bucket_, self.arena_.buckets().size());
  self.arena_.exchange().finish_sums();
  if (self.factored_) self.factored_->finish();
  self.update_ = Update::none;
}

}  // namespace ganymede
