"""What the recipes say, for the PyTorch side. `compare --check` holds it against the recipe files."""
from dataclasses import dataclass
from typing import Callable

from networks import dcgan_discriminator, dcgan_generator, mlp_discriminator, mlp_generator

CLASSES = 10


@dataclass(frozen=True)
class Recipe:
    make_generator: Callable
    make_discriminator: Callable
    loss: str = "bce"
    update: str = "alternating"
    conditional: bool = False
    weight_clip: float | None = None
    gradient_penalty: float | None = None
    learning_rate: float = 2e-4  # of both networks, with Adam
    epsilon: float = 1e-8
    pixels: tuple[float, float] = (-1, 1)
    image_shape: tuple[int, ...] = (784,)


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
}
