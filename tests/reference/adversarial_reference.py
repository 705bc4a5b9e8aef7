"""PyTorch reference of the recipes `mlp` (tutorial §1.2) and `dcgan` (§4.1): ten steps of training in
float64 and float32 from the initial weights, images, noise and dropout masks of Ganymede's random streams.

Writes {mlp,dcgan}_{float64,float32}.json: the losses of each step, and for every parameter and running
statistic what initialisation and training made of it. README.md describes the fields.
"""

import math
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from random_streams import NetworkId, Pass, Purpose, RandomStream, StreamId, draw_normal, draw_uniform, write_json
from reference_networks import (SEED, DcganDiscriminator, DcganGenerator, Where, initialize_like_keras,
                                initialize_like_pytorch, to_numpy)

STEPS = 10
BATCH_SIZE = 64
SHAPE = (1, 28, 28)
NOISE_SIZE = 100
PROJECTIONS = 16
SAMPLES = 4
# Of the sampled images, as [row, channel, y, x].
PIXELS = ((0, 0, 14, 14), (0, 0, 0, 0), (1, 0, 7, 21), (1, 0, 27, 27),
          (2, 0, 20, 6), (2, 0, 13, 1), (3, 0, 3, 15), (3, 0, 26, 9))
# How far float32 losses may be from float64. In dcgan a LeakyReLU input within a rounding error of 0 now and
# then falls on the other side; one such element of a batch moves gradients by 1e-4 of their norm.
LOSS_TOLERANCE = {"mlp": 1e-6, "dcgan": 5e-5}


def linear_stack(*sizes):
    return nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))


def run_stack(layers, x):
    for layer in layers[:-1]:
        x = F.relu(layer(x))
    return layers[-1](x)


class MlpGenerator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = linear_stack(NOISE_SIZE, 256, 512, math.prod(SHAPE))

    def forward(self, noise, where):
        return torch.tanh(run_stack(self.layers, noise)).view(-1, *SHAPE)


class MlpDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = linear_stack(math.prod(SHAPE), 512, 256, 1)

    def forward(self, images, where):
        return run_stack(self.layers, images.flatten(1))


def draw_real_images(step, dtype):
    stream = RandomStream(SEED, StreamId(Purpose.TEST), step)
    return torch.from_numpy(draw_uniform(stream, 0, (BATCH_SIZE, *SHAPE), -1.0, 1.0, to_numpy(dtype)))


def draw_noise(purpose, step, rows, dtype):
    stream = RandomStream(SEED, StreamId(purpose, NetworkId.GENERATOR), step)
    return torch.from_numpy(draw_normal(stream, 0, (rows, NOISE_SIZE), to_numpy(dtype)))


def discriminator_loss_of(real_logits, fake_logits):
    return (F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits)) +
            F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits)))


def generator_loss_of(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


class Training:
    def __init__(self, recipe, dtype):
        self.dtype = dtype
        # foreach and fused off: the plain formulas, operation by operation.
        adam = {"betas": (0.9, 0.999), "foreach": False, "fused": False}
        if recipe == "mlp":
            self.generator, self.discriminator = MlpGenerator(), MlpDiscriminator()
            initialize = initialize_like_pytorch
            adam |= {"lr": 2e-4, "eps": 1e-8}
            self.step = self.alternating
        else:
            self.generator = DcganGenerator(SHAPE, {"noise_size": NOISE_SIZE})
            self.discriminator = DcganDiscriminator(SHAPE, {"dropout": 0.3})
            initialize = initialize_like_keras
            adam |= {"lr": 1e-4, "eps": 1e-7}
            self.step = self.simultaneous
        initialize(self.generator, NetworkId.GENERATOR)
        initialize(self.discriminator, NetworkId.DISCRIMINATOR)
        # After the initialisation: a float64 run starts from the same float32 numbers.
        self.generator.to(dtype)
        self.discriminator.to(dtype)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), **adam)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), **adam)

    def generate(self, purpose, step, rows):
        return self.generator(draw_noise(purpose, step, rows, self.dtype), Where(Pass.FAKE, step))

    def alternating(self, step):
        """The generator answers to the updated discriminator, on the same fake images."""
        real = draw_real_images(step, self.dtype)
        fake = self.generate(Purpose.NOISE, step, BATCH_SIZE)

        discriminator_loss = discriminator_loss_of(self.discriminator(real, Where(Pass.REAL, step)),
                                                   self.discriminator(fake.detach(), Where(Pass.FAKE, step)))
        self.discriminator_optimizer.zero_grad()
        discriminator_loss.backward()
        self.discriminator_optimizer.step()

        generator_loss = generator_loss_of(self.discriminator(fake, Where(Pass.JUDGED, step)))
        self.generator_optimizer.zero_grad()
        generator_loss.backward()
        self.generator_optimizer.step()
        return discriminator_loss.item(), generator_loss.item()

    def simultaneous(self, step):
        """One forward pass serves both gradients; then both networks are updated."""
        real = draw_real_images(step, self.dtype)
        fake = self.generate(Purpose.NOISE, step, BATCH_SIZE)
        real_logits = self.discriminator(real, Where(Pass.REAL, step))
        fake_logits = self.discriminator(fake, Where(Pass.FAKE, step))
        discriminator_loss = discriminator_loss_of(real_logits, fake_logits)
        generator_loss = generator_loss_of(fake_logits)

        set_gradients(self.discriminator, discriminator_loss)
        set_gradients(self.generator, generator_loss)
        self.discriminator_optimizer.step()
        self.generator_optimizer.step()
        return discriminator_loss.item(), generator_loss.item()

    def state(self):
        return state_of({"generator": self.generator, "discriminator": self.discriminator})

    @torch.no_grad()
    def sample(self):
        self.generator.eval()
        images = self.generate(Purpose.SAMPLE, 0, SAMPLES).to(torch.float64)
        self.generator.train()
        return {
            "mean": images.mean().item(),
            "standard_deviation": images.std(correction=0).item(),
            "pixels": [{"at": at, "value": images[at].item()} for at in PIXELS],
        }


def state_of(networks):
    """Copies of parameters and buffers in float64, by their names in the C++ modules."""
    state = {}
    for player, network in networks.items():
        for name, tensor in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                state[f"{player}/{name}"] = tensor.to(torch.float64, copy=True).numpy().ravel()
    return state


def set_gradients(network, loss):
    parameters = list(network.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=True)):
        parameter.grad = gradient


def projection_signs(size):
    """[projection, element]: +1 where the word has its top bit, else -1."""
    return [np.where(RandomStream(0, StreamId(Purpose.TEST, layer=k), 0).words(0, 1, size)[0] >> 31, 1, -1)
            .astype(np.int8) for k in range(PROJECTIONS)]


def describe(initial, final, signs):
    change = final - initial
    return {
        "initial_sum": float(initial.sum()),
        "initial_norm": float(np.linalg.norm(initial)),
        "change_norm": float(np.linalg.norm(change)),
        "projections": [float((sign[:change.size] * change).sum()) for sign in signs],
    }


def run(recipe, dtype):
    training = Training(recipe, dtype)
    initial = training.state()
    losses = [training.step(step) for step in range(STEPS)]
    for name, buffer in training.generator.named_buffers():
        if name.endswith("num_batches_tracked"):
            assert buffer.item() == STEPS, "running statistics move once a step"
    final = training.state()
    signs = projection_signs(max(values.size for values in final.values()))
    return {
        "recipe": recipe,
        "dtype": to_numpy(dtype),
        "torch": torch.__version__.split("+")[0],
        "seed": SEED,
        "global_batch_size": BATCH_SIZE,
        "shape": SHAPE,
        "discriminator_loss": [loss for loss, _ in losses],
        "generator_loss": [loss for _, loss in losses],
        "tensors": {name: describe(initial[name], final[name], signs) for name in final},
        "sample": training.sample(),
    }


def main():
    torch.set_num_threads(1)  # the order of sums within a tensor depends on the number of threads
    for recipe in ("mlp", "dcgan"):
        results = {}
        for dtype in (torch.float64, torch.float32):
            results[dtype] = run(recipe, dtype)
            write_json(pathlib.Path(__file__).parent / f"{recipe}_{to_numpy(dtype)}.json", results[dtype])
        for loss in ("discriminator_loss", "generator_loss"):
            np.testing.assert_allclose(results[torch.float32][loss], results[torch.float64][loss], rtol=0,
                                       atol=LOSS_TOLERANCE[recipe])


if __name__ == "__main__":
    main()
