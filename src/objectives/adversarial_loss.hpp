// Adversarial losses as sums over this rank's rows: the caller divides by the global batch size, so that
// ranks with unequal numbers of rows still add up to the mean.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

enum class AdversarialLoss {
  bce,  // Goodfellow et al. 2014, with the non-saturating generator loss of its section 3
};

// Logits are [rows, 1]; the results are scalars.
// bce: sum of -log sigmoid(real) and of -log(1 - sigmoid(fake)).
at::Tensor discriminator_loss_sum(AdversarialLoss loss, const at::Tensor& real_logits,
                                  const at::Tensor& fake_logits);
// bce: sum of -log sigmoid(fake).
at::Tensor generator_loss_sum(AdversarialLoss loss, const at::Tensor& fake_logits);

}  // namespace ganymede
