// Adversarial losses as sums over this rank's rows: the caller divides by the global number of rows, so that
// ranks with unequal numbers of rows still add up to the mean. Each comes with its slope, what a logit's
// change does to it: there a backward pass begins.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <variant>

#include "kernels/logit_loss.hpp"

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

struct DiscriminatorLoss {
  at::Tensor sum;              // a float64 number
  at::Tensor real, fake;       // slopes of factor x sum, [rows, 1]
  at::Tensor mismatched = {};  // likewise, where there are such logits
};

// Logits are [rows, 1], float32 or float64. The slopes have no graph.
DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, double factor);
// Beside them logits of real samples with conditions of others, which count as fakes: share [rows, 1] says
// which part of a row's loss of fakes is theirs; the fake has the rest (GAN-CLS, Reed et al. 2016, algorithm
// 1: half).
DiscriminatorLoss discriminator_loss(const AdversarialLoss& loss, const at::Tensor& real_logits,
                                     const at::Tensor& fake_logits, const at::Tensor& mismatched_logits,
                                     const at::Tensor& share, double factor);
LossAndSlope generator_loss(const AdversarialLoss& loss, const at::Tensor& fake_logits, double factor);

// The backward pass of a discriminator that serves the generator, too.
struct OnePass {
  at::Tensor discriminator_slope;  // [rows, 1] at the fakes, to begin with
  at::Tensor factor;               // [rows, 1], from the gradients at the fakes to the generator's
};

// A discriminator without operations across rows makes d generator loss / d fake = (generator / discriminator
// slope) x d discriminator loss / d fake, row by row: one backward pass serves both networks (Shen et al.
// 2021, "Training Generative Adversarial Networks in One Stage"). A slope may be so small that the pass would
// lose it (|logit| above 55 with bce, sooner with a small factor; beyond the margin with hinge): then there
// is nothing on the CPU; a device, which would have to be asked, goes on with the smallest that is not lost,
// 1e-24 (1e-200 in float64), which moves no weight.
std::optional<OnePass> one_pass(const at::Tensor& generator_slope,
                                const at::Tensor& discriminator_slope_at_fake);

}  // namespace ganymede
