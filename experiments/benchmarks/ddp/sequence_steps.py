"""One training step of SeqGAN (Yu et al. 2017), in its likelihood and in its adversarial phase. steps.py says how DDP
and GANs go together."""
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from gan import bce_loss, unwrapped


def update(gan, network, optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    if gan.recipe.clip_gradient_norm:
        nn.utils.clip_grad_norm_(network.parameters(), gan.recipe.clip_gradient_norm)
    optimizer.step()


def surprise(logits, tokens):
    """-log p of each token, [length, rows]."""
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none").view(tokens.shape)


def step_likelihood(gan, sequences):
    tokens = sequences.t()
    loss = surprise(gan.generator(tokens), tokens).mean()
    update(gan, gan.generator, gan.generator_optimizer, loss)
    return loss.detach(),


@torch.no_grad()
def write(generator, length, rows, rollouts=0):
    """Sequences and, behind them, rollouts of their prefixes: [length, rows x (1 + (length - 1) x rollouts)], the
    latter ordered by prefix, rollout, row. One batch a token: all that have begun go on together."""
    state, token = generator.begin(rows), torch.zeros(rows, dtype=torch.long)
    written = torch.zeros(0, rows, dtype=torch.long)

    def branched(tensor):
        return torch.cat((tensor, tensor.narrow(-2, 0, rows).repeat(1, rollouts, 1)), dim=-2)

    for place in range(length):
        token, state = generator.pick_next(token, state)
        written = torch.cat((written, token.unsqueeze(0)))
        if rollouts and place + 1 < length:
            state = tuple(branched(one) for one in state)
            written = branched(written.unsqueeze(-1)).squeeze(-1)
            token = written[-1]
    return written


@torch.no_grad()
def token_values(gan, written, rows):
    """What each token is worth, [length, rows]: the mean reward of the rollouts behind it; of the last one the
    sequence's own. With a baseline the mean over the global batch is taken away."""
    rewards = unwrapped(gan.discriminator)(written).sigmoid()
    of_prefixes = rewards[rows:].view(len(written) - 1, gan.recipe.rollouts, rows).mean(dim=1)
    values = torch.cat((of_prefixes, rewards[:rows].unsqueeze(0)))
    if not gan.recipe.baseline:
        return values
    means = values.mean(dim=1, keepdim=True)
    if dist.is_initialized():
        dist.all_reduce(means)
        means /= dist.get_world_size()
    return values - means


def step_adversarial(gan, sequences):
    """The generator by policy gradient, then the discriminator against it, on sequences of its own."""
    real, writer = sequences.t(), unwrapped(gan.generator)
    length, rows = real.shape
    written = write(writer, length, rows, gan.recipe.rollouts)
    values, tokens = token_values(gan, written, rows), written[:, :rows]
    g_loss = (values * surprise(gan.generator(tokens), tokens)).mean()
    update(gan, gan.generator, gan.generator_optimizer, g_loss)

    d_loss = bce_loss(*gan.discriminator(torch.cat((real, write(writer, length, rows)), dim=1)).chunk(2))
    update(gan, gan.discriminator, gan.discriminator_optimizer, d_loss)
    return g_loss.detach(), d_loss.detach()


STEPS = {"likelihood": step_likelihood, "adversarial": step_adversarial}
