// The parameters of one network as views into one flat buffer, and their gradients as views into another, in
// the order in which backward produces them (the reverse of parameters()). Averaging, Adam, clipping and
// checksum are then one call each.
//
// Ranks that share memory (HostGroup) share the values too: there is one copy of them, and of whatever is
// laid out like them, and each rank updates the part that it owns. Every rank has gradients of its own, which
// the others read. Values change only between the sum of the gradients and publish().
//
// Backward passes sum into the arena (GradientAccumulator), never into a parameter's grad(). Autograd does
// not see a write through the arena.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "distributed/communicator.hpp"
#include "optimization/gradient_accumulator.hpp"

namespace ganymede {

class ParameterArena {
 public:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    std::int64_t offset;  // elements into the flat buffers; a multiple of 64 bytes
    std::shared_ptr<GradientAccumulator> gradient;
    std::int64_t end() const { return offset + parameter.numel(); }
  };

  // Moves the module's parameters into the arena; their values stay. The module lives in the arena from now
  // on, the arena outlives its use, and the communicator outlives the arena. Collective.
  ParameterArena(torch::nn::Module& module, Communicator& communicator);

  const at::Tensor& values() const { return values_; }        // [elements], gaps are 0
  const at::Tensor& gradients() const { return gradients_; }  // [elements], this rank's sums, gaps are 0
  const std::vector<Slot>& slots() const { return slots_; }   // in the order of the buffers
  std::vector<at::Tensor> parameters() const;

  // A zeroed buffer laid out like the values, shared as they are. Collective.
  at::Tensor allocate_like_values();
  // The part of a buffer laid out like this arena (optimizer state, say) that belongs to a slot, in the
  // parameter's shape.
  at::Tensor view_of(const at::Tensor& flat, const Slot& slot) const;
  // The parts of such a buffer that this rank updates: its part of each bucket. Empty ones are left out.
  std::vector<at::Tensor> owned_parts(const at::Tensor& flat) const;

  // The sums are 0, without a write: gradients() is undefined until complete_gradients().
  void clear_gradients();
  // Writes the zeros of parameters that got no gradient.
  void complete_gradients();
  // Gradients travel in these slices, in the order of backward.
  const std::vector<ElementRange>& buckets() const { return buckets_; }
  // Sums a bucket of gradients over all ranks, into the owned part of each. Collective, over the communicator
  // of this call.
  void sum_gradients(ElementRange bucket, Communicator& communicator) const;

  // The joint norm of all gradients, the same bits on every rank. Between sum_gradients and publish.
  // Collective.
  double gradient_norm();

  // Ends an update: all ranks see the new values. Collective.
  void publish();

 private:
  Communicator& communicator_;
  std::vector<Slot> slots_;
  at::Tensor values_;
  std::vector<at::Tensor> gradients_of_rank_;  // [rank of the host group]
  at::Tensor gradients_;
  std::vector<ElementRange> buckets_, owned_ranges_;
  at::Tensor block_norms_;  // float64 [blocks]: squared norms of the blocks of kOwnedBlock gradients
};

// Keeps gradients from a network's parameters for a while. Made before the forward pass: a network frozen
// after it still computes them.
class Frozen {
 public:
  explicit Frozen(const ParameterArena& arena) : arena_(arena) { set_requires_grad(false); }
  ~Frozen() { set_requires_grad(true); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  void set_requires_grad(bool value);
  const ParameterArena& arena_;
};

}  // namespace ganymede
