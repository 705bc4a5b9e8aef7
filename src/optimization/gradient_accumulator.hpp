// Where the gradient of one parameter is summed: stands in for autograd's AccumulateGrad at the end of every
// backward pass that reaches the parameter, and writes into memory that somebody else laid out.
//
// The first gradient after clear() is written, not added, so that memory need not be zeroed before; a layer
// may write its part into the sum itself (sum(), add_product()) and return nothing to autograd.
#pragma once

#include <torch/csrc/autograd/function.h>

#include <functional>

namespace ganymede {

class GradientAccumulator final : public torch::autograd::Node {
 public:
  // From now on, as long as the accumulator lives, the parameter's gradients are summed into `place`, which
  // has its shape. The sum starts at 0, which is written.
  static std::shared_ptr<GradientAccumulator> attach(const at::Tensor& parameter, at::Tensor place);
  // The accumulator of a leaf; nullptr where there is none.
  static std::shared_ptr<GradientAccumulator> of(const at::Tensor& parameter);

  // The sum is 0, without a write: its memory is undefined until sum() or a gradient.
  void clear() { empty_ = true; }
  // The sum so far, to be read or added to.
  const at::Tensor& sum();
  void add(const at::Tensor& gradient);
  // sum += left x right, matrices of one dtype, the sum's or a shorter one.
  void add_product(const at::Tensor& left, const at::Tensor& right);

  // Called when a backward pass has given all that it has; may be empty.
  std::function<void()> on_complete;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override;

  // By attach().
  explicit GradientAccumulator(at::Tensor place);

 private:
  at::Tensor place_;
  bool empty_ = true;
};

}  // namespace ganymede
