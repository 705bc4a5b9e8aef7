// The parameters of one network as views into one flat buffer, and their gradients as views into another, in
// the order in which backward produces them (the reverse of parameters()). Averaging, Adam, clipping and
// checksum are then one call each.
//
// Ranks that share memory share the values too: there is one copy of them, and of whatever is laid out like
// them, and each rank updates the part that it owns (GradientExchange). Every rank has gradients of its own.
// Values change only between the sum of the gradients and publish().
//
// Backward passes sum into the arena (GradientAccumulator), never into a parameter's grad(). Autograd does
// not see a write through the arena.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "distributed/gradient_exchange.hpp"
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
  // on, the arena outlives its use, and the exchange outlives the arena. Collective.
  ParameterArena(torch::nn::Module& module, GradientExchange& exchange);

  GradientExchange& exchange() const { return exchange_; }

  const at::Tensor& values() const { return values_; }            // [elements], gaps are 0
  const at::Tensor& gradients() const { return gradients_.own; }  // [elements], this rank's sums, gaps are 0
  const std::vector<Slot>& slots() const { return slots_; }       // in the order of the buffers
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
  // Has buckets first .. last - 1 of the gradients summed (GradientExchange::start_sums), without those that
  // are held back as factors. Collective.
  void start_sums(std::size_t first, std::size_t last) const;
  // Likewise that of one parameter.
  void start_sum(const Slot& slot) const;

  // The joint norm of all gradients, a float64 number where the values are, the same bits on every rank.
  // Between the sums and publish. Collective.
  at::Tensor gradient_norm();

  // Ends an update: all ranks see the new values. Collective.
  void publish();

 private:
  GradientExchange& exchange_;
  std::vector<Slot> slots_;
  at::Tensor values_;
  Gradients gradients_;
  std::vector<ElementRange> buckets_, owned_ranges_;
  std::vector<ElementRange> block_ranges_;  // of the buckets in block_norms_
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
