"""PyTorch reference of the cycle procedure: five steps of every case of cycle.json in float64, from the initial
weights, images, dropout masks and history draws of Ganymede's random streams. Every image passes through every network
by itself, as in the paper's code: what Ganymede computes together is held against what is computed apart.

Writes cycle_float64.json. README.md describes the fields.
"""

import enum
import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from adversarial_reference import describe, projection_signs, state_of
from parts_networks import choice
from parts_reference import make_optimizer, merge, rate_factor
from random_streams import Purpose, RandomStream, StreamId, draw_normal, draw_uniform, write_json
from reference_networks import SEED, Where, drop

STEPS = 5
SIDES = (12, 16)
FOLDER = pathlib.Path(__file__).parent
DOMAINS = "ab"


class CyclePurpose(enum.IntEnum):
    HISTORY = 3


class CyclePass(enum.IntEnum):
    THERE = 1
    IDENTITY = 2
    BACK = 3


GENERATOR_IDS, DISCRIMINATOR_IDS = (1, 2), (3, 4)


class ResnetGenerator(nn.Module):
    def __init__(self, channels, out_channels, options, network_id):
        super().__init__()
        self.dropout, self.blocks, self.network_id = options["dropout"], options["residual_blocks"], network_id
        width = options["width"]
        self.first = nn.Conv2d(channels, width, 7, bias=False)
        self.shrinking1 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)
        self.shrinking2 = nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1, bias=False)
        for block in range(1, self.blocks + 1):
            for part in (1, 2):
                setattr(self, f"block{block}_convolution{part}", nn.Conv2d(4 * width, 4 * width, 3, bias=False))
        up = {"stride": 2, "padding": 1, "output_padding": 1, "bias": False}
        self.enlarging1 = nn.ConvTranspose2d(4 * width, 2 * width, 3, **up)
        self.enlarging2 = nn.ConvTranspose2d(2 * width, width, 3, **up)
        self.last = nn.Conv2d(width, out_channels, 7)

    def forward(self, images, where):
        x = F.relu(F.instance_norm(self.first(F.pad(images, (3,) * 4, mode="reflect"))))
        x = F.relu(F.instance_norm(self.shrinking1(x)))
        x = F.relu(F.instance_norm(self.shrinking2(x)))
        for block in range(1, self.blocks + 1):
            first, second = (getattr(self, f"block{block}_convolution{part}") for part in (1, 2))
            y = F.relu(F.instance_norm(first(F.pad(x, (1,) * 4, mode="reflect"))))
            y = drop(y, self.dropout, self.network_id, block - 1, where)
            x = x + F.instance_norm(second(F.pad(y, (1,) * 4, mode="reflect")))
        x = F.relu(F.instance_norm(self.enlarging1(x)))
        x = F.relu(F.instance_norm(self.enlarging2(x)))
        return torch.tanh(self.last(F.pad(x, (3,) * 4, mode="reflect")))


class PatchDiscriminator(nn.Module):
    def __init__(self, channels, options):
        super().__init__()
        self.layers = options["layers"]
        for layer in range(self.layers + 1):
            out = options["width"] * min(2**layer, 8)
            setattr(self, f"convolution{layer + 1}", nn.Conv2d(channels, out, 4, stride=2 if layer < self.layers else 1,
                                                               padding=1, bias=layer == 0))
            channels = out
        self.last = nn.Conv2d(channels, 1, 4, padding=1)

    def forward(self, images):
        x = F.leaky_relu(self.convolution1(images), 0.2)
        for layer in range(2, self.layers + 2):
            x = F.leaky_relu(F.instance_norm(getattr(self, f"convolution{layer}")(x)), 0.2)
        return self.last(x)


@torch.no_grad()
def initialize_normal(module, network):
    for index, parameter in enumerate(module.parameters()):
        if parameter.dim() < 2:
            nn.init.zeros_(parameter)
            continue
        stream = RandomStream(SEED, StreamId(Purpose.INITIALIZE, network, layer=index), 0)
        normal = torch.from_numpy(draw_normal(stream, 0, (1, *parameter.shape), "float32"))[0]
        parameter.copy_(normal * 0.02)


class HistoryPool:
    def __init__(self, size, shape):
        self.images, self.count = torch.zeros(size, *shape, dtype=torch.float64), 0

    def exchange(self, fakes, words):
        """words [places, 2]: the first one's top bit says whether, the second with which."""
        size, returned = len(self.images), fakes.clone()
        for place in range(len(fakes) if size else 0):
            if self.count < size:
                self.images[self.count] = fakes[place]
                self.count += 1
            elif words[place, 0] >> 31:
                slot = int(words[place, 1]) * size >> 32
                returned[place] = self.images[slot]
                self.images[slot] = fakes[place]
        return returned


class Training:
    def __init__(self, recipe, channels):
        self.cycle, self.rows = recipe["cycle"], recipe["data"]["global_batch_size"]
        self.shapes = [(of_domain, *SIDES) for of_domain in channels]
        generator, discriminator = (choice(self.cycle[player]["network"])[1] for player in ("generator", "discriminator"))
        self.generators = [ResnetGenerator(channels[d], channels[1 - d], generator, GENERATOR_IDS[d]) for d in (0, 1)]
        self.discriminators = [PatchDiscriminator(channels[d], discriminator) for d in (0, 1)]
        self.pools = [HistoryPool(self.cycle["pool_size"], shape) for shape in self.shapes]
        for networks, ids in ((self.generators, GENERATOR_IDS), (self.discriminators, DISCRIMINATOR_IDS)):
            for network, network_id in zip(networks, ids):
                initialize_normal(network, network_id)
                network.double()
        self.optimizers = {player: [make_optimizer(self.cycle[player], network.parameters()) for network in networks]
                           for player, networks in (("generator", self.generators),
                                                    ("discriminator", self.discriminators))}
        self.loss, self.loss_options = choice(self.cycle.get("loss", "least_squares"))

    def real_images(self, domain, step):
        stream = RandomStream(SEED, StreamId(Purpose.TEST, layer=domain), step)
        return torch.from_numpy(draw_uniform(stream, 0, (self.rows, *self.shapes[domain]), -1.0, 1.0, "float64"))

    def distance_to(self, logits, target):
        wanted = torch.full_like(logits, target)
        return (F.binary_cross_entropy_with_logits if self.loss == "bce" else F.mse_loss)(logits, wanted)

    def update(self, player, domain, step):
        optimizer = self.optimizers[player][domain]
        for group in optimizer.param_groups:
            group["lr"] = choice(self.cycle[player]["optimizer"])[1]["learning_rate"] * rate_factor(self.cycle[player], step)
        optimizer.step()
        optimizer.zero_grad()

    def step(self, step):
        real = [self.real_images(domain, step) for domain in (0, 1)]
        fake, back = [None, None], [None, None]
        for d in (0, 1):
            fake[1 - d] = self.generators[d](real[d], Where(CyclePass.THERE, step))
        for d in (0, 1):
            back[d] = self.generators[1 - d](fake[1 - d], Where(CyclePass.BACK, step))
        adversarial = sum(self.distance_to(self.discriminators[d](fake[d]), 1) for d in (0, 1))
        cycle = self.cycle.get("cycle_weight", 10) * sum(F.l1_loss(back[d], real[d]) for d in (0, 1))
        losses = {"cycle_loss": cycle.item()}
        total = adversarial + cycle
        if self.cycle["identity_weight"]:
            # A generator that takes colours takes grey images, too, as three equal channels.
            taken = [d for d in (0, 1) if len(real[d][0]) <= len(real[1 - d][0])]
            same = {d: self.generators[1 - d](real[d].expand(-1, len(real[1 - d][0]), -1, -1),
                                              Where(CyclePass.IDENTITY, step)) for d in taken}
            identity = self.cycle["identity_weight"] * sum(F.l1_loss(same[d], real[d]) for d in taken)
            losses["identity_loss"] = identity.item()
            total = total + identity
        losses["generator_loss"] = total.item()
        total.backward()
        for d in (0, 1):
            self.optimizers["discriminator"][d].zero_grad()  # of the generators' pass
            self.update("generator", d, step)
        for d in (0, 1):
            words = RandomStream(SEED, StreamId(CyclePurpose.HISTORY, DISCRIMINATOR_IDS[d]), step).words(0, self.rows, 2)
            shown = self.pools[d].exchange(fake[d].detach(), words)
            target = 1 - self.loss_options.get("label_smoothing", 0)
            loss = (self.distance_to(self.discriminators[d](real[d]), target) +
                    self.distance_to(self.discriminators[d](shown), 0)) * 0.5
            loss.backward()
            self.update("discriminator", d, step)
            losses[f"discriminator_{DOMAINS[d]}_loss"] = loss.item()
        return losses

    def state(self):
        state = state_of({"generator_a_to_b": self.generators[0], "generator_b_to_a": self.generators[1],
                          "discriminator_a": self.discriminators[0], "discriminator_b": self.discriminators[1]})
        for d in (0, 1):
            if len(self.pools[d].images):
                state[f"history_{DOMAINS[d]}_images"] = self.pools[d].images.numpy().ravel().copy()
        return state


def run(base, case):
    training = Training(merge(base, {"cycle": case["cycle"]}), case["channels"])
    initial = training.state()
    losses = [training.step(step) for step in range(STEPS)]
    final = training.state()
    signs = projection_signs(max(values.size for values in final.values()))
    return {**{name: [of_step[name] for of_step in losses] for name in losses[0]},
            "tensors": {name: describe(initial[name], final[name], signs) for name in final}}


def main():
    torch.set_num_threads(1)
    file = json.loads((FOLDER / "cycle.json").read_text())
    write_json(FOLDER / "cycle_float64.json",
               {"torch": torch.__version__.split("+")[0], "seed": SEED, "sides": SIDES,
                **{name: run(file["base"], case) for name, case in file["cases"].items()}})


if __name__ == "__main__":
    main()
