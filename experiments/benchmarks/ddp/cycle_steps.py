"""One training step of CycleGAN (Zhu et al. 2017): both generators, then both discriminators on images of a history.
steps.py says how DDP and GANs go together."""
import torch
from torch.nn import functional as F

from gan import unwrapped


class History:
    """The paper's pool: half of the images are shown in place of earlier ones. Each rank has its own."""

    def __init__(self, size):
        self.size, self.images = size, []
        self.draws = torch.Generator().manual_seed(5)  # of the host, whatever computes: nothing waits for them

    def exchange(self, fakes):
        shown = []
        for fake in fakes:
            if len(self.images) < self.size:
                self.images.append(fake)
                shown.append(fake)
            elif torch.rand((), generator=self.draws, device="cpu") < 0.5:
                slot = int(torch.randint(self.size, (), generator=self.draws, device="cpu"))
                shown.append(self.images[slot])
                self.images[slot] = fake
            else:
                shown.append(fake)
        return torch.stack(shown)


def step_cycle(gan, grey, colours):
    recipe, real = gan.recipe, (grey, colours)
    gan.discriminator.requires_grad_(False)
    fakes, back, same_grey = gan.generator(grey, colours)
    g_loss = sum((logits - 1).square().mean() for logits in unwrapped(gan.discriminator)(*fakes))
    g_loss = g_loss + recipe.cycle_weight * sum(F.l1_loss(*pair) for pair in zip(back, real))
    g_loss = g_loss + recipe.identity_weight * F.l1_loss(same_grey, grey)
    gan.generator_optimizer.zero_grad()
    g_loss.backward()
    gan.generator_optimizer.step()
    gan.discriminator.requires_grad_(True)

    histories = gan.memory.setdefault("histories", [History(recipe.pool_size), History(recipe.pool_size)])
    shown = [history.exchange(fake.detach()) for history, fake in zip(histories, fakes)]
    d_loss = 0
    for logits in gan.discriminator(*(torch.cat(pair) for pair in zip(real, shown))):
        of_real, of_fake = logits.chunk(2)
        d_loss = d_loss + ((of_real - 1).square().mean() + of_fake.square().mean()) / 2
    gan.discriminator_optimizer.zero_grad()
    d_loss.backward()
    gan.discriminator_optimizer.step()
    return g_loss.detach(), d_loss.detach()


STEPS = {"cycle": step_cycle}
