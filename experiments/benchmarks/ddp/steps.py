"""One training step of a GAN whose two networks are wrapped in DistributedDataParallel.

Three rules keep DDP and GANs together. Each wrapped network goes forward and then backward once, its own. In the
generator's step the discriminator runs unwrapped and frozen, so that its reducer, which would wait for gradients, is
never asked. Buffers are not broadcast: that would overwrite running statistics between a forward and its backward.
"""
import torch
from torch.nn import functional as F

from gan import bce_loss, unwrapped
from recipes import CLASSES

NOISE_SIZE = 100


def discriminator_loss(recipe, real_logits, fake_logits):
    if recipe.loss == "wasserstein":
        return fake_logits.mean() - real_logits.mean()
    return bce_loss(real_logits, fake_logits)


def generator_loss(recipe, fake_logits):
    if recipe.loss == "wasserstein":
        return -fake_logits.mean()
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


def gradient_penalty(gan, real, fake):
    mix = torch.rand(len(real), 1)
    points = (mix * real + (1 - mix) * fake).requires_grad_()
    logits = gan.discriminator(points)
    gradients, = torch.autograd.grad(logits.sum(), points, create_graph=True)
    return gan.recipe.gradient_penalty * (gradients.norm(2, dim=1) - 1).square().mean()


def one_hot(labels):
    return F.one_hot(labels, CLASSES).float()


def step_alternating(gan, real, labels):
    """The discriminator, then the generator against the updated discriminator, on the same fake images."""
    recipe = gan.recipe
    real_condition = one_hot(labels) if recipe.conditional else None
    fake_condition = one_hot(torch.randint(CLASSES, (len(real),))) if recipe.conditional else None
    fake = gan.generator(torch.randn(len(real), NOISE_SIZE), fake_condition)

    d_loss = discriminator_loss(recipe, gan.discriminator(real, real_condition),
                                gan.discriminator(fake.detach(), fake_condition))
    if recipe.gradient_penalty:
        d_loss = d_loss + gradient_penalty(gan, real, fake.detach())
    gan.discriminator_optimizer.zero_grad()
    d_loss.backward()
    gan.discriminator_optimizer.step()
    if recipe.weight_clip:
        with torch.no_grad():
            for parameter in gan.discriminator.parameters():
                parameter.clamp_(-recipe.weight_clip, recipe.weight_clip)

    gan.discriminator.requires_grad_(False)
    g_loss = generator_loss(recipe, unwrapped(gan.discriminator)(fake, fake_condition))
    gan.generator_optimizer.zero_grad()
    g_loss.backward()
    gan.generator_optimizer.step()
    gan.discriminator.requires_grad_(True)
    return g_loss.detach(), d_loss.detach()


def step_simultaneous(gan, real, labels):
    """One forward pass serves both gradients; then both networks are updated."""
    fake = gan.generator(torch.randn(len(real), NOISE_SIZE))
    real_logits, fake_logits = gan.discriminator(real), gan.discriminator(fake)
    d_loss = discriminator_loss(gan.recipe, real_logits, fake_logits)
    g_loss = generator_loss(gan.recipe, fake_logits)

    gan.discriminator_optimizer.zero_grad()
    gan.generator_optimizer.zero_grad()
    d_loss.backward(inputs=list(gan.discriminator.parameters()), retain_graph=True)
    g_loss.backward(inputs=list(gan.generator.parameters()))
    gan.discriminator_optimizer.step()
    gan.generator_optimizer.step()
    return g_loss.detach(), d_loss.detach()


STEPS = {"alternating": step_alternating, "simultaneous": step_simultaneous}
