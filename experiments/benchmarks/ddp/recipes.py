"""What the recipes say, for the PyTorch side. `compare --check` holds it against the recipe files."""
from dataclasses import dataclass
from typing import Callable

import torch

from fashion_mnist import read_fashion_mnist
from networks import dcgan_discriminator, dcgan_generator, mlp_discriminator, mlp_generator
from sequence_networks import SequenceDiscriminator, SequenceGenerator
from translation_networks import COLOURS, GREY, Generators, Judges

CLASSES = 10
NOISE_SAMPLES = 8192


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Of both networks."""

    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8


@dataclass(frozen=True)
class Recipe(Adam):
    make_generator: Callable
    make_discriminator: Callable
    loss: str = "bce"
    update: str = "alternating"
    conditional: bool = False
    weight_clip: float | None = None
    gradient_penalty: float | None = None
    pixels: tuple[float, float] = (-1, 1)
    image_shape: tuple[int, ...] = (784,)

    def read_data(self):
        return read_fashion_mnist(self.pixels, self.image_shape)

    def make_noise(self):
        """In its place: a step's time does not depend on what images show."""
        low, high = self.pixels
        return torch.rand(NOISE_SAMPLES, *self.image_shape) * (high - low) + low, torch.randint(CLASSES, (NOISE_SAMPLES,))


@dataclass(frozen=True)
class SequenceRecipe(Adam):
    make_generator: Callable
    make_discriminator: Callable | None  # None in a phase that has no use for it
    update: str  # the phase: likelihood or adversarial
    vocabulary: int
    length: int
    sequences: int  # in the dataset
    rollouts: int = 0
    baseline: bool = False
    clip_gradient_norm: float | None = None

    def read_data(self):
        """Sequences [sequence, length] of any tokens: a step's time does not depend on which they are."""
        tokens = torch.Generator().manual_seed(3)
        return torch.randint(self.vocabulary, (self.sequences, self.length), generator=tokens),

    make_noise = read_data


@dataclass(frozen=True)
class CycleRecipe(Adam):
    make_generator: Callable  # both of them, as one module
    make_discriminator: Callable
    side: int  # of the images
    samples: int  # a domain
    update: str = "cycle"
    cycle_weight: float = 10
    identity_weight: float = 5
    pool_size: int = 50

    def read_data(self):
        """Images of noise, grey and in colours: a step's time does not depend on what they show."""
        pixels = torch.Generator().manual_seed(3)
        return tuple(torch.rand((self.samples, channels, self.side, self.side), generator=pixels) * 2 - 1
                     for channels in (GREY, COLOURS))

    make_noise = read_data


RECIPES = {
    "mlp": Recipe(lambda: mlp_generator(256, 512), lambda: mlp_discriminator(512, 256)),
    "mlp-dropout": Recipe(lambda: mlp_generator(256, 512, 1024),
                          lambda: mlp_discriminator(1024, 512, 256, dropout=0.3), pixels=(0, 1)),
    "cgan": Recipe(lambda: mlp_generator(256, condition=CLASSES), lambda: mlp_discriminator(256, condition=CLASSES),
                   conditional=True),
    "wgan": Recipe(lambda: mlp_generator(256), lambda: mlp_discriminator(256), loss="wasserstein", weight_clip=0.01),
    "wgan-gp": Recipe(lambda: mlp_generator(256), lambda: mlp_discriminator(256), loss="wasserstein",
                      gradient_penalty=10),
    "dcgan": Recipe(dcgan_generator, dcgan_discriminator, update="simultaneous", learning_rate=1e-4, epsilon=1e-7,
                    image_shape=(1, 28, 28)),
    "seqgan-tutorial": SequenceRecipe(lambda: SequenceGenerator(100, 128, 256),
                                      lambda: SequenceDiscriminator(100, 128, 256), update="adversarial",
                                      vocabulary=100, length=10, sequences=1000, rollouts=4, baseline=True),
    "seqgan-oracle": SequenceRecipe(lambda: SequenceGenerator(5000, 32, 32, initial_deviation=0.1), None,
                                    update="likelihood", vocabulary=5000, length=20, sequences=10_000,
                                    learning_rate=1e-2, clip_gradient_norm=5),
    "cyclegan": CycleRecipe(lambda: Generators(width=16, residual_blocks=3), lambda: Judges(width=32, layers=2), side=32,
                            samples=512, betas=(0.5, 0.999)),
}
