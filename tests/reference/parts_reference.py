"""PyTorch reference of each part of the adversarial family: five steps of every recipe of parts.json in float64 and
float32, from the initial weights, batches, labels, noise, interpolation points and dropout masks of Ganymede's
random streams.

Writes parts_{float64,float32}.json. README.md describes the fields.
"""

import copy
import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

from adversarial_reference import describe, projection_signs, set_gradients, state_of
from random_streams import NetworkId, Pass, Purpose, RandomStream, StreamId, draw_normal, draw_uniform, write_json
from parts_networks import CLASSES, DISCRIMINATORS, GENERATORS, SHAPE, SpectralNormalization, choice, make_network
from reference_networks import SEED, Where, to_numpy

STEPS = 5
FOLDER = pathlib.Path(__file__).parent


def merge(base, over):
    """over wins; a choice (a map of one key, or a name) replaces one of another name."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = dict(base)
    for key, value in over.items():
        is_choice = key in ("network", "optimizer", "loss", "penalty", "schedule")
        if is_choice and isinstance(value, dict) and isinstance(base.get(key), dict) and value.keys() != base[key].keys():
            merged[key] = value
        else:
            merged[key] = merge(base.get(key), value) if key in base else value
    return merged


def make_optimizer(player, parameters):
    name, options = choice(player["optimizer"])
    rate = options["learning_rate"]
    if name == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=(options.get("beta1", 0.9), options.get("beta2", 0.999)),
                                eps=options.get("epsilon", 1e-8), foreach=False, fused=False)
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, alpha=options.get("decay", 0.99),
                                   eps=options.get("epsilon", 1e-8), foreach=False)
    return torch.optim.SGD(parameters, lr=rate, momentum=options.get("momentum", 0), foreach=False)


def rate_factor(player, step):
    name, options = choice(player.get("schedule", "constant"))
    factor = 1.0
    if name != "constant":
        done = min(max((step - options.get("start", 0)) / options["steps"], 0), 1)
        final = options.get("final_factor", 0)
        factor = 1 + (final - 1) * (done if name == "linear_decay" else (1 - math.cos(math.pi * done)) / 2)
    warm_up = player.get("warm_up_steps", 0)
    return factor * min(1, (step + 1) / warm_up) if warm_up else factor


def discriminator_loss_of(loss, real, fake):
    name, options = choice(loss)
    if name == "wasserstein":
        return fake.mean() - real.mean()
    if name == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    target = torch.full_like(real, 1 - options.get("label_smoothing", 0))
    if name == "least_squares":
        return (F.mse_loss(real, target) + F.mse_loss(fake, torch.zeros_like(fake))) / 2
    bce = (F.binary_cross_entropy_with_logits(real, target) +
           F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake)))
    return bce + options["wasserstein_weight"] * (fake.mean() - real.mean()) if name == "mixed" else bce


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


class Training:
    def __init__(self, recipe, dtype):
        self.gan, self.dtype = recipe["gan"], dtype
        self.rows, self.packing = recipe["data"]["global_batch_size"], self.gan.get("packing", 1)
        self.classes = CLASSES if self.gan.get("condition") == "labels" else 0
        self.noise_size = choice(self.gan["generator"]["network"])[1]["noise_size"]
        self.generator = make_network(GENERATORS, self.gan["generator"], NetworkId.GENERATOR, dtype, self.classes)
        self.discriminator = make_network(DISCRIMINATORS, self.gan["discriminator"], NetworkId.DISCRIMINATOR, dtype,
                                          self.packing, self.packing * self.classes)
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimizers = {name: make_optimizer(self.gan[name], network.parameters())
                           for name, network in self.networks.items()}
        self.rates = {name: choice(self.gan[name]["optimizer"])[1]["learning_rate"] for name in self.networks}
        self.average = copy.deepcopy(dict(self.generator.named_parameters())) if "ema" in self.gan else {}

    def draw(self, method, purpose, network, step, iteration, shape, *arguments):
        stream = StreamId(purpose, network, critic_iteration=iteration)
        return torch.from_numpy(method(RandomStream(SEED, stream, step), 0, shape, *arguments))

    def real_batch(self, number):
        stream = RandomStream(SEED, StreamId(Purpose.TEST), number)
        images = draw_uniform(stream, 0, (self.rows, *SHAPE), -1.0, 1.0, to_numpy(self.dtype))
        return torch.from_numpy(images), (7 * torch.arange(self.rows) + number) % CLASSES

    def one_hot(self, labels):
        return F.one_hot(labels, CLASSES).to(self.dtype) if self.classes else None

    def pack(self, rows):
        return rows.reshape(-1, self.packing * rows.shape[1], *rows.shape[2:])

    def judge(self, samples, labels, pass_, step, iteration):
        """Logits and hidden layers."""
        condition = self.pack(self.one_hot(labels)) if self.classes else None
        where = Where(pass_, step, iteration, condition)
        return self.discriminator(self.pack(samples), where), where.hidden

    def generate(self, step, iteration):
        noise = self.draw(draw_normal, Purpose.NOISE, NetworkId.GENERATOR, step, iteration,
                          (self.rows, self.noise_size), to_numpy(self.dtype))
        labels = self.draw(draw_uniform, Purpose.LABEL, NetworkId.GENERATOR, step, iteration, (self.rows, 1), 0.0,
                           float(CLASSES), "float64").long().flatten()
        return self.generator(noise, Where(Pass.FAKE, step, iteration, self.one_hot(labels))), labels

    def penalty(self, real, real_labels, fake, step, iteration):
        if "penalty" not in self.gan:
            return 0
        name, options = choice(self.gan["penalty"])
        weight, points = options.get("weight", 10), self.pack(real)
        if name == "gradient":
            mix = self.draw(draw_uniform, Purpose.INTERPOLATE, NetworkId.DISCRIMINATOR, step, iteration,
                            (self.rows // self.packing, 1, 1, 1), 0.0, 1.0, to_numpy(self.dtype))
            points = mix * points + (1 - mix) * self.pack(fake)
        points = points.detach().requires_grad_()
        condition = self.pack(self.one_hot(real_labels)) if self.classes else None
        logits = self.discriminator(points, Where(Pass.PENALTY, step, iteration, condition))
        gradients = torch.autograd.grad(logits.sum(), points, create_graph=True)[0].flatten(1)
        if name == "r1":
            return weight / 2 * gradients.square().sum(dim=1).mean()
        return weight * (gradients.norm(2, dim=1) - 1).square().mean()

    def feature_matching(self, fake_hidden, real_hidden):
        if "feature_matching" not in self.gan:
            return 0
        layer = self.gan["feature_matching"].get("layer", len(fake_hidden)) - 1
        distance = fake_hidden[layer].flatten(1).mean(dim=0) - real_hidden[layer].detach().flatten(1).mean(dim=0)
        return self.gan["feature_matching"]["weight"] * distance.square().sum()

    def begin_update(self, name):
        if isinstance(self.networks[name], SpectralNormalization):
            self.networks[name].begin_update()

    def update(self, name, step):
        player, parameters = self.gan[name], list(self.networks[name].parameters())
        if "clip_gradient_norm" in player:
            torch.nn.utils.clip_grad_norm_(parameters, player["clip_gradient_norm"])
        for group in self.optimizers[name].param_groups:
            group["lr"] = self.rates[name] * rate_factor(player, step)
        self.optimizers[name].step()
        with torch.no_grad():
            if name == "discriminator" and "weight_clip" in self.gan:
                for parameter in parameters:
                    parameter.clamp_(-self.gan["weight_clip"], self.gan["weight_clip"])
            if name == "generator":
                for key, parameter in self.generator.named_parameters():
                    if self.average:
                        self.average[key].mul_(self.gan["ema"]).add_(parameter, alpha=1 - self.gan["ema"])

    def step(self, step):
        simultaneous = self.gan["update"] == "simultaneous"
        return (self.step_simultaneous if simultaneous else self.step_alternating)(step)

    def step_alternating(self, step):
        critic_steps = self.gan.get("critic_steps", 1)
        loss = self.gan.get("loss", "bce")
        for i in range(critic_steps):
            real, real_labels = self.real_batch(step * critic_steps + i)
            if i + 1 == critic_steps:
                self.begin_update("generator")
            fake, fake_labels = self.generate(step, i)
            self.begin_update("discriminator")
            real_logits, _ = self.judge(real, real_labels, Pass.REAL, step, i)
            fake_logits, _ = self.judge(fake.detach(), fake_labels, Pass.FAKE, step, i)
            discriminator_loss = (discriminator_loss_of(loss, real_logits, fake_logits) +
                                  self.penalty(real, real_labels, fake.detach(), step, i))
            set_gradients(self.discriminator, discriminator_loss)
            self.update("discriminator", step)
        logits, fake_hidden = self.judge(fake, fake_labels, Pass.JUDGED, step, i)
        real_hidden = []
        if "feature_matching" in self.gan:
            _, real_hidden = self.judge(real, real_labels, Pass.MATCHED, step, i)
        generator_loss = generator_loss_of(loss, logits) + self.feature_matching(fake_hidden, real_hidden)
        set_gradients(self.generator, generator_loss)
        self.update("generator", step)
        return discriminator_loss.item(), generator_loss.item()

    def step_simultaneous(self, step):
        loss = self.gan.get("loss", "bce")
        real, real_labels = self.real_batch(step)
        self.begin_update("generator")
        self.begin_update("discriminator")
        fake, fake_labels = self.generate(step, 0)
        real_logits, real_hidden = self.judge(real, real_labels, Pass.REAL, step, 0)
        fake_logits, fake_hidden = self.judge(fake, fake_labels, Pass.FAKE, step, 0)
        discriminator_loss = (discriminator_loss_of(loss, real_logits, fake_logits) +
                              self.penalty(real, real_labels, fake.detach(), step, 0))
        generator_loss = generator_loss_of(loss, fake_logits) + self.feature_matching(fake_hidden, real_hidden)
        set_gradients(self.discriminator, discriminator_loss)
        set_gradients(self.generator, generator_loss)
        self.update("discriminator", step)
        self.update("generator", step)
        return discriminator_loss.item(), generator_loss.item()

    def state(self):
        state = state_of(self.networks)
        for name, tensor in self.average.items():
            state[f"generator/average/{name}"] = tensor.detach().to(torch.float64, copy=True).numpy().ravel()
        return state


def run(recipe, dtype):
    training = Training(recipe, dtype)
    initial = training.state()
    losses = [training.step(step) for step in range(STEPS)]
    final = training.state()
    signs = projection_signs(max(values.size for values in final.values()))
    return {"discriminator_loss": [loss for loss, _ in losses],
            "generator_loss": [loss for _, loss in losses],
            "tensors": {name: describe(initial[name], final[name], signs) for name in final}}


def main():
    torch.set_num_threads(1)
    specification = json.loads((FOLDER / "parts.json").read_text())
    assert specification["base"]["seed"] == SEED
    results = {}
    for dtype in (torch.float64, torch.float32):
        results[dtype] = {name: run(merge(specification["base"], {"gan": part}), dtype)
                          for name, part in specification["parts"].items()}
        write_json(FOLDER / f"parts_{to_numpy(dtype)}.json", results[dtype])
    for name, wide in results[torch.float64].items():
        for loss in ("discriminator_loss", "generator_loss"):
            np.testing.assert_allclose(results[torch.float32][name][loss], wide[loss], rtol=1e-4, atol=1e-5,
                                       err_msg=f"{name} {loss}")


if __name__ == "__main__":
    main()
