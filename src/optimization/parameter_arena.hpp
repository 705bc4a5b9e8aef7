// The parameters of one network as views into one flat buffer, and their gradients as views into another, in
// the order in which backward produces them (the reverse of parameters(); autograd accumulates into a
// gradient that is already there). Averaging, Adam, clipping and checksum are then one call each.
//
// The views survive backward, also a double backward. They are lost by backward(create_graph=true) and by
// any zero_grad() that sets to none: zero the arena instead. Values change only between backward passes:
// autograd does not see a write through the arena.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

namespace ganymede {

class ParameterArena {
 public:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    std::int64_t offset;  // elements into the flat buffers; a multiple of 64 bytes
  };

  // Moves the module's parameters into the arena; their values stay. The module lives in the arena from now
  // on, and the arena outlives its use.
  explicit ParameterArena(torch::nn::Module& module);

  const at::Tensor& values() const { return values_; }        // [elements], gaps are 0
  const at::Tensor& gradients() const { return gradients_; }  // [elements], gaps are 0
  const std::vector<Slot>& slots() const { return slots_; }   // in the order of the buffers
  std::vector<at::Tensor> parameters() const;

  // The part of a buffer laid out like this arena (optimizer state, say) that belongs to a slot, in the
  // parameter's shape.
  at::Tensor view_of(const at::Tensor& flat, const Slot& slot) const;

  void zero_gradients();

  // Throws if a gradient is no longer a view into the arena: something replaced it.
  void check_views() const;

 private:
  std::vector<Slot> slots_;
  at::Tensor values_;
  at::Tensor gradients_;
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
