// What a logit's change does to both adversarial losses: the start of their backward passes.
#pragma once

#include <optional>

#include "objectives/adversarial_loss.hpp"

namespace ganymede {

struct LossSlopes {
  at::Tensor discriminator_loss, generator_loss;  // sums, scalars without gradient
  at::Tensor real, fake;                          // of the discriminator's loss, [rows, 1]
  at::Tensor generator;                           // of the generator's loss by the fake logits, [rows, 1]
};

LossSlopes loss_slopes(const AdversarialLoss& loss, const at::Tensor& real_logits,
                       const at::Tensor& fake_logits);

// A discriminator without operations across rows makes d generator loss / d fake = (generator / fake slope) x
// d discriminator loss / d fake, row by row: one backward pass serves both networks (Shen et al. 2021,
// "Training Generative Adversarial Networks in One Stage"). Returns that factor [rows, 1], or nothing where a
// slope is so small that the pass would lose it (|logit| above 55 with bce; beyond the margin with hinge).
std::optional<at::Tensor> one_pass_factor(const LossSlopes& slopes);

}  // namespace ganymede
