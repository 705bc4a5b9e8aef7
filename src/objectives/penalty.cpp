#include "objectives/penalty.hpp"

#include <torch/csrc/autograd/autograd.h>

namespace ganymede {
namespace {

// Each row's gradient of its own logit, [rows, elements of a row]; can be differentiated again.
at::Tensor input_gradients(const Critic& critic, const at::Tensor& samples) {
  const at::Tensor input = samples.detach().requires_grad_(true);
  const at::Tensor gradients = torch::autograd::grad({critic(input).sum()}, {input}, /*grad_outputs=*/{},
                                                     /*retain_graph=*/true, /*create_graph=*/true)[0];
  return gradients.flatten(1);
}

}  // namespace

at::Tensor penalty_sum(const GradientPenalty& penalty, const Critic& critic, const at::Tensor& real,
                       const at::Tensor& fake, const at::Tensor& mix) {
  const at::Tensor between = mix * real + (1 - mix) * fake;
  const at::Tensor norms = at::linalg_vector_norm(input_gradients(critic, between), 2, at::IntArrayRef{1});
  return penalty.weight * (norms - 1).square().sum();
}

at::Tensor penalty_sum(const R1Penalty& penalty, const Critic& critic, const at::Tensor& real) {
  return penalty.weight / 2 * input_gradients(critic, real).square().sum();
}

}  // namespace ganymede
