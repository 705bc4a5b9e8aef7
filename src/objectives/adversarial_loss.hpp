// Adversarial losses as sums over this rank's rows: the caller divides by the global number of rows, so that
// ranks with unequal numbers of rows still add up to the mean.
#pragma once

#include <ATen/core/Tensor.h>

#include <variant>

namespace ganymede {

// Goodfellow et al. 2014. D: -log sigmoid(real) - log(1 - sigmoid(fake)). G: -log sigmoid(fake), or with
// `saturating` the minimax log(1 - sigmoid(fake)) of its equation 1.
struct BceLoss {
  bool saturating = false;
  double label_smoothing = 0;  // real images count as 1 - this (one-sided: Salimans et al. 2016, section 3.4)
};

// Arjovsky et al. 2017. D: fake - real. G: -fake.
struct WassersteinLoss {};

// Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17. D: max(0, 1 - real) + max(0, 1 + fake). G: -fake.
struct HingeLoss {};

// Mao et al. 2017, equation 9 (a = 0, b = c = 1). D: ((real - b)^2 + fake^2) / 2. G: (fake - 1)^2 / 2.
struct LeastSquaresLoss {
  double label_smoothing = 0;  // real images count as b = 1 - this
};

// Tutorial §5.2.2: bce + wasserstein_weight x wasserstein, for both networks.
struct MixedLoss {
  double wasserstein_weight = 0.5;
};

using AdversarialLoss = std::variant<BceLoss, WassersteinLoss, HingeLoss, LeastSquaresLoss, MixedLoss>;

// Logits are [rows, 1]; the results are scalars.
at::Tensor discriminator_loss_sum(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                  const at::Tensor& fake_logits);
at::Tensor generator_loss_sum(const AdversarialLoss& loss, const at::Tensor& fake_logits);

}  // namespace ganymede
