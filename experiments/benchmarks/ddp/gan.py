"""What the training steps share: two networks, perhaps wrapped in DistributedDataParallel, and their optimizers."""
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from recipes import CycleRecipe, Recipe, SequenceRecipe


@dataclass
class Gan:
    recipe: Recipe | SequenceRecipe | CycleRecipe
    generator: nn.Module
    discriminator: nn.Module | None
    generator_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer | None
    memory: dict = field(default_factory=dict)  # of a kind of step, from one to the next


def unwrapped(network):
    return network.module if isinstance(network, DistributedDataParallel) else network


def bce_loss(real_logits, fake_logits):
    return (F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits)) +
            F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits)))
