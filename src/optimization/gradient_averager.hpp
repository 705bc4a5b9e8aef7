// Sums one network's gradients over all ranks. Every rank's loss is already divided by the global batch
// size, so the sum is the gradient of the mean over the global batch, however unevenly ranks share it.
//
//   auto pending = averager.begin();   // the gradients are 0
//   loss.backward();                   // once: a second pass finds its gradients gone, and throws
//   pending.finish();                  // now each rank has the sums of the part of the arena that it owns
//
// A rank that runs several virtual replicas calls pending.next_replica() between their backward passes; the
// gradients of replicas and ranks are then added up along one binary tree (tree_sum.hpp).
//
// Where the exchange of the arena overlaps, buckets leave as soon as backward has filled them. Where it
// gathers factors, gradients that are larger than theirs do not travel at all (FactoredSums). begin and
// finish are collective. Only the averager's own network takes part: a generator's step that runs backward
// through the discriminator does not disturb the discriminator's averager.
#pragma once

#include <optional>

#include "distributed/tree_sum.hpp"
#include "optimization/factored_sums.hpp"
#include "optimization/parameter_arena.hpp"

namespace ganymede {

class GradientAverager {
 public:
  class Pending {
   public:
    // Where an error came before finish(): waits for the bucket that is being summed and drops the others.
    // begin() throws from then on, since ranks may have dropped different ones. Of an update that is recorded
    // nothing is under way.
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    void next_replica();
    void finish();  // once

   private:
    friend class GradientAverager;
    explicit Pending(GradientAverager& averager) : averager_(averager) {}
    GradientAverager& averager_;
  };

  // Where a rank runs several virtual replicas, their gradients are added up on the rank before they leave:
  // then none leaves while backward runs. network: its name, for the log.
  explicit GradientAverager(ParameterArena& arena, std::int64_t replicas_of_rank = 1,
                            const std::string& network = "the network");
  ~GradientAverager();
  GradientAverager(const GradientAverager&) = delete;
  GradientAverager& operator=(const GradientAverager&) = delete;

  [[nodiscard]] Pending begin();

 private:
  void watch_gradients();
  void note_arrival(std::size_t slot);

  enum class Update { none, pending, abandoned };

  ParameterArena& arena_;
  Update update_ = Update::none;
  const std::int64_t replicas_of_rank_;
  TreeAccumulator replicas_;
  std::optional<FactoredSums> factored_;

  // Where sums can overlap only:
  std::vector<std::vector<std::size_t>> buckets_of_slot_;  // [slot]
  std::vector<int> missing_at_first_, missing_;            // [bucket], parameters without gradient so far
  std::size_t next_bucket_ = 0;                            // to be summed
  bool watching_ = false;                                  // between begin and finish
};

}  // namespace ganymede
