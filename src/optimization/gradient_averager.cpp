#include "optimization/gradient_averager.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"

namespace ganymede {

GradientAverager::GradientAverager(ParameterArena& arena, Communicator& communicator,
                                   std::int64_t replicas_of_rank)
    : arena_(arena),
      communicator_(communicator),
      number_(communicator.next_number()),
      replicas_of_rank_(replicas_of_rank) {
  if (communicator.background()) watch_gradients();
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
  overlapping_ = communicator_.overlaps();
  watching_ = overlapping_ && replicas_of_rank_ == 1;
  return Pending(*this);
}

// Buckets leave in their order, which is that of backward, on every rank.
void GradientAverager::note_arrival(std::size_t slot) {
  if (!watching_) return;
  for (const std::size_t bucket : buckets_of_slot_[slot]) {
    ensure(missing_[bucket] > 0, "an update has one backward pass: this bucket is being summed");
    --missing_[bucket];
  }
  while (next_bucket_ < missing_.size() && missing_[next_bucket_] == 0) send_next_bucket();
}

void GradientAverager::send_next_bucket() {
  communicator_.background()->submit(
      [this, bucket = next_bucket_](Communicator& communicator) { sum_in_background(bucket, communicator); });
  ++next_bucket_;
}

// Buckets of several networks leave in the order in which backward passes fill them: ranks whose graphs
// differ would add up what does not belong together. That is a matter of the procedure, so tests notice.
void GradientAverager::sum_in_background(std::size_t bucket, Communicator& communicator) const {
  if (communicator_.compares_background_sums()) {
    const at::Tensor mine = at::tensor({number_, static_cast<std::int64_t>(bucket)}, at::kLong);
    ensure(communicator.all_gather(mine).eq(mine).all().item<bool>(),
           "all ranks fill the buckets of all networks in the same order");
  }
  arena_.sum_gradients(arena_.buckets()[bucket], communicator);
}

GradientAverager::Pending::~Pending() {
  if (averager_.update_ != Update::pending) return;
  averager_.update_ = Update::abandoned;
  averager_.watching_ = false;
  if (CommunicationThread* background = averager_.communicator_.background()) background->cancel();
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
  if (self.overlapping_) {
    const Stopwatch stopwatch;
    while (self.next_bucket_ < self.arena_.buckets().size()) self.send_next_bucket();
    self.communicator_.background()->wait();
    self.communicator_.count_seconds(stopwatch.seconds());
    self.communicator_.host_barrier();  // nobody computes with the values any more
  } else {
    for (const ElementRange& bucket : self.arena_.buckets())
      self.arena_.sum_gradients(bucket, self.communicator_);
  }
  self.update_ = Update::none;
}

}  // namespace ganymede
