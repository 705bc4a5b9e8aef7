// Where the gradient of one parameter is summed: stands in for autograd's AccumulateGrad at the end of every
// backward pass that reaches the parameter, and writes into memory that somebody else laid out.
//
// The first gradient after clear() is written, not added, so that memory need not be zeroed before; a layer
// may write its part into the sum itself (sum(), add_product()) and return nothing to autograd.
#pragma once

#include <torch/csrc/autograd/function.h>

#include <functional>
#include <optional>

#include "kernels/running_sum.hpp"

namespace ganymede {

// A gradient of a matrix [out, in] as what it is a product of: left [rows, out] transposed x right [rows,
// in].
struct GradientFactors {
  at::Tensor left, right;
};

class GradientAccumulator final : public torch::autograd::Node {
 public:
  // From now on, as long as the accumulator lives, the parameter's gradients are summed into `place`, which
  // has its shape. The sum starts at 0, which is written.
  static std::shared_ptr<GradientAccumulator> attach(const at::Tensor& parameter, at::Tensor place);
  // The accumulator of a leaf; nullptr where there is none.
  static std::shared_ptr<GradientAccumulator> of(const at::Tensor& parameter);

  // The sum is 0, without a write: its memory is undefined until sum() or a gradient.
  void clear();
  // The sum so far, to be read or added to.
  const at::Tensor& sum();
  // What the next part is added to, or written to, by who asks for it.
  RunningSum running_sum();
  void add(const at::Tensor& gradient);
  // sum += left transposed x right, matrices of one dtype, the sum's or a shorter one.
  void add_product(const at::Tensor& left, const at::Tensor& right);
  // The sum is whole: its zeros are written where it got no gradient.
  void complete();

  // From now on a sum that is one product is held back as its factors where those of so many ranks take no
  // more memory than it; 0: never. sum() multiplies them.
  void hold_factors_of(int ranks) { holding_ranks_ = ranks; }
  const std::optional<GradientFactors>& held() const { return held_; }
  // The sum is the product of these, however many rows they have.
  void set_product(const GradientFactors& factors);

  // Called when a backward pass has given all that it has; may be empty.
  std::function<void()> on_complete;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override;

  // By attach().
  explicit GradientAccumulator(at::Tensor place);

 private:
  void multiply(const GradientFactors& factors);

  at::Tensor place_;
  bool empty_ = true;
  int holding_ranks_ = 0;
  std::optional<GradientFactors> held_;
};

}  // namespace ganymede
