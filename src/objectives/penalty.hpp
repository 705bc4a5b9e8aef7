// Penalties on the discriminator's gradient with respect to its input, as sums over this rank's rows. Both
// take part in a backward pass (they differentiate twice), and both suppose that a row's logit depends on
// that row alone: no batch normalisation in the discriminator.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <variant>

namespace ganymede {

// weight x (|grad D(x)| - 1)^2 at points x between real and fake samples (Gulrajani et al. 2017, equation 3).
struct GradientPenalty {
  double weight = 10;
};

// weight / 2 x |grad D(x)|^2 at real samples (Mescheder et al. 2018, equation 9).
struct R1Penalty {
  double weight = 10;
};

using Penalty = std::variant<GradientPenalty, R1Penalty>;

// Samples [rows, ...] to logits [rows, 1].
using Critic = std::function<at::Tensor(const at::Tensor& samples)>;

// real, fake [rows, ...] without gradient; mix [rows, 1, ...] in [0, 1]: x = mix real + (1 - mix) fake.
at::Tensor penalty_sum(const GradientPenalty& penalty, const Critic& critic, const at::Tensor& real,
                       const at::Tensor& fake, const at::Tensor& mix);
at::Tensor penalty_sum(const R1Penalty& penalty, const Critic& critic, const at::Tensor& real);

}  // namespace ganymede
