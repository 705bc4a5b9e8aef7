#include "optimization/gradient_accumulator.hpp"

#include <torch/csrc/autograd/variable.h>

#include "base/error.hpp"

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

const at::Tensor& GradientAccumulator::sum() {
  if (empty_) place_.zero_();
  empty_ = false;
  return place_;
}

void GradientAccumulator::add(const at::Tensor& gradient) {
  if (empty_)
    place_.copy_(gradient);
  else
    place_.add_(gradient);
  empty_ = false;
}

void GradientAccumulator::add_product(const at::Tensor& left, const at::Tensor& right) {
  if (left.scalar_type() != place_.scalar_type())
    add(left.mm(right));
  else if (empty_)
    at::mm_out(place_, left, right);
  else
    place_.addmm_(left, right);
  empty_ = false;
}

torch::autograd::variable_list GradientAccumulator::apply(torch::autograd::variable_list&& gradients) {
  const at::NoGradGuard no_grad;
  if (gradients[0].defined()) add(gradients[0]);
  if (on_complete) {
    sum();
    on_complete();
  }
  return {};
}

}  // namespace ganymede
