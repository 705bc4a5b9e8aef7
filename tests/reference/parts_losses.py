"""The losses of the adversarial family, in PyTorch."""

import torch
from torch.nn import functional as F

from parts_networks import choice


def discriminator_losses(loss, real, fake):
    """Of each real logit, and of each that counts as fake."""
    name, options = choice(loss)
    if name == "wasserstein":
        return -real, fake
    if name == "hinge":
        return F.relu(1 - real), F.relu(1 + fake)
    target, zero = torch.full_like(real, 1 - options.get("label_smoothing", 0)), torch.zeros_like(fake)
    if name == "least_squares":
        return (real - target).square() / 2, fake.square() / 2
    of_real = F.binary_cross_entropy_with_logits(real, target, reduction="none")
    of_fake = F.binary_cross_entropy_with_logits(fake, zero, reduction="none")
    weight = options.get("wasserstein_weight", 0)
    return of_real - weight * real, of_fake + weight * fake


def discriminator_loss_of(loss, real, fake):
    of_real, of_fake = discriminator_losses(loss, real, fake)
    return of_real.mean() + of_fake.mean()


def generator_loss_of(loss, fake):
    name, options = choice(loss)
    if name in ("wasserstein", "hinge"):
        return -fake.mean()
    if name == "least_squares":
        return F.mse_loss(fake, torch.ones_like(fake)) / 2
    if options.get("saturating"):
        return -F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    bce = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
    return bce - options["wasserstein_weight"] * fake.mean() if name == "mixed" else bce
