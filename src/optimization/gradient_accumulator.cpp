#include "optimization/gradient_accumulator.hpp"

#include <torch/csrc/autograd/variable.h>

#include "base/error.hpp"
#include "kernels/linear_layer.hpp"
#include "optimization/factor_rule.hpp"

namespace ganymede {

// The highest sequence number: gradients are taken as soon as they are there.
GradientAccumulator::GradientAccumulator(at::Tensor place) : Node(UINT64_MAX), place_(std::move(place)) {}

std::shared_ptr<GradientAccumulator> GradientAccumulator::attach(const at::Tensor& parameter,
                                                                 at::Tensor place) {
  ensure(parameter.is_leaf() && parameter.sizes() == place.sizes(), "a leaf and memory of its shape");
  auto accumulator = std::make_shared<GradientAccumulator>(std::move(place));
  accumulator->add_input_metadata(parameter);
  accumulator->sum();
  torch::autograd::impl::set_grad_accumulator(parameter, accumulator);
  return accumulator;
}

std::shared_ptr<GradientAccumulator> GradientAccumulator::of(const at::Tensor& parameter) {
  return std::dynamic_pointer_cast<GradientAccumulator>(
      torch::autograd::impl::try_get_grad_accumulator(parameter));
}

void GradientAccumulator::clear() {
  empty_ = true;
  held_.reset();
}

void GradientAccumulator::complete() {
  if (!held_) sum();
}

const at::Tensor& GradientAccumulator::sum() {
  if (held_)
    set_product(*held_);
  else if (empty_)
    place_.zero_();
  empty_ = false;
  return place_;
}

RunningSum GradientAccumulator::running_sum() {
  if (held_) sum();
  return {.numbers = place_, .empty = std::exchange(empty_, false)};
}

void GradientAccumulator::set_product(const GradientFactors& factors) {
  const GradientFactors kept = factors;
  clear();
  multiply(kept);
}

void GradientAccumulator::add(const at::Tensor& gradient) {
  running_sum().add(gradient);
}

void GradientAccumulator::add_product(const at::Tensor& left, const at::Tensor& right) {
  if (holding_ranks_ > 0 && empty_ &&
      factors_are_smaller(holding_ranks_, static_cast<double>(left.nbytes() + right.nbytes()),
                          static_cast<double>(place_.nbytes()))) {
    held_ = {left, right};
    empty_ = false;
    return;
  }
  if (held_) sum();
  multiply({left, right});
}

void GradientAccumulator::multiply(const GradientFactors& factors) {
  ganymede::add_product({.numbers = place_, .empty = empty_}, factors.left.t(), factors.right);
  empty_ = false;
}

torch::autograd::variable_list GradientAccumulator::apply(torch::autograd::variable_list&& gradients) {
  const at::NoGradGuard no_grad;
  if (gradients[0].defined()) add(gradients[0]);
  if (on_complete) {
    complete();
    on_complete();
  }
  return {};
}

}  // namespace ganymede
