// Sums one network's gradients over all ranks. Every rank's loss is already divided by the global batch
// size, so the sum is the gradient of the mean over the global batch, however unevenly ranks share it.
//
//   auto pending = averager.begin();   // zeroes the gradients
//   loss.backward();                   // any number of backward passes
//   pending.finish();                  // now the gradients are the same on every rank
//
// begin and finish are collective. Only the averager's own network takes part: a generator's step that runs
// backward through the discriminator does not disturb the discriminator's averager.
#pragma once

#include "distributed/communicator.hpp"
#include "optimization/parameter_arena.hpp"

namespace ganymede {

struct GradientAveragerOptions {
  std::int64_t bucket_bytes = 4 << 20;  // gradients travel in slices of the arena of this size
};

class GradientAverager {
 public:
  class Pending {
   public:
    void finish();

   private:
    friend class GradientAverager;
    explicit Pending(GradientAverager& averager) : averager_(averager) {}
    GradientAverager& averager_;
  };

  GradientAverager(ParameterArena& arena, Communicator& communicator, GradientAveragerOptions options = {});

  [[nodiscard]] Pending begin();

 private:
  ParameterArena& arena_;
  Communicator& communicator_;
  std::vector<at::Tensor> buckets_;  // slices of the arena's gradients, in the order of backward
};

}  // namespace ganymede
