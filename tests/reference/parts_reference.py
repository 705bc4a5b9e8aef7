"""PyTorch reference of each part of the adversarial family: five steps of every recipe of parts.json in float64 and
float32, from the initial weights, batches, labels, noise, interpolation points and dropout masks of Ganymede's
random streams.

Writes parts_{float64,float32}.json. README.md describes the fields.
"""

import copy
import json
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

from adversarial_reference import describe, projection_signs, set_gradients, state_of
from random_streams import NetworkId, Pass, Purpose, RandomStream, StreamId, draw_normal, draw_uniform, write_json
from parts_losses import discriminator_loss_of, discriminator_losses, generator_loss_of
from parts_networks import (CLASSES, DISCRIMINATORS, GENERATORS, LONGEST, SHAPE, WORDS, SpectralNormalization, choice,
                            make_encoder, make_network)
from parts_optimizers import make_optimizer, rate_factor
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


def mismatched(captions, labels):
    """Of each row the next one, cyclically, with another caption and another label; a row without one is itself."""
    size = len(captions)
    rows = []
    for place in range(size):
        others = ((place + k) % size for k in range(1, size))
        rows.append(next((other for other in others if not torch.equal(captions[place], captions[other]) and
                          labels[place] != labels[other]), place))
    return torch.tensor(rows)


class Training:
    def __init__(self, recipe, dtype):
        self.gan, self.dtype = recipe["gan"], dtype
        self.rows, self.packing = recipe["data"]["global_batch_size"], self.gan.get("packing", 1)
        name, options = choice(self.gan.get("condition", "none"))
        self.classes = CLASSES if name == "labels" else 0
        self.text = options if name == "text" else None
        condition_size = options.get("condition_size", 128) if name == "text" else self.classes
        self.noise_size = choice(self.gan["generator"]["network"])[1]["noise_size"]
        self.generator = make_network(GENERATORS, self.gan["generator"], NetworkId.GENERATOR, dtype, condition_size)
        self.discriminator = make_network(DISCRIMINATORS, self.gan["discriminator"], NetworkId.DISCRIMINATOR, dtype,
                                          self.packing, self.packing * condition_size)
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.players = {"generator": self.gan["generator"], "discriminator": self.gan["discriminator"]}
        if self.text is not None:
            self.encoder = self.networks["encoder"] = make_encoder(self.text, dtype)
            self.players["encoder"] = self.text
        self.judging = [name for name in self.networks if name != "generator"]
        self.optimizers = {name: make_optimizer(self.players[name], network.parameters())
                           for name, network in self.networks.items()}
        self.rates = {name: choice(self.players[name]["optimizer"])[1]["learning_rate"] for name in self.networks}
        self.averages = {name: copy.deepcopy(dict(network.named_parameters()))
                         for name, network in self.networks.items() if "ema" in self.gan and name != "discriminator"}

    def draw(self, method, purpose, network, step, iteration, shape, *arguments):
        stream = StreamId(purpose, network, critic_iteration=iteration)
        return torch.from_numpy(method(RandomStream(SEED, stream, step), 0, shape, *arguments))

    def captions(self, number):
        """Word k of place p in batch b, i = p // 2: 1 + (i + 2 k + b) mod 6 where k <= i mod 3, else none."""
        i, k = torch.arange(self.rows)[:, None] // 2, torch.arange(LONGEST)
        return torch.where(k <= i % 3, 1 + (i + 2 * k + number) % (WORDS - 1), 0)

    def conditions(self, number, real_labels, fake_labels):
        """Of real samples, of fakes, and of mismatched pairs (None without), [rows, size]."""
        if self.text is None:
            return self.one_hot(real_labels), self.one_hot(fake_labels), None
        captions = self.captions(number)
        own = self.encoder(captions, None)
        other = self.encoder(captions[mismatched(captions, real_labels)], None)
        return own, own, other if self.text.get("mismatch_weight", 0.5) else None

    def share(self, number, labels):
        """The part of each pack's loss of fakes that its mismatched pairs have, [packs, 1]."""
        rows = mismatched(self.captions(number), labels)
        found = (rows != torch.arange(self.rows)).view(-1, self.packing).all(dim=1, keepdim=True)
        return self.text.get("mismatch_weight", 0.5) * found.to(self.dtype)

    def real_batch(self, number):
        stream = RandomStream(SEED, StreamId(Purpose.TEST), number)
        images = draw_uniform(stream, 0, (self.rows, *SHAPE), -1.0, 1.0, to_numpy(self.dtype))
        return torch.from_numpy(images), (7 * torch.arange(self.rows) + number) % CLASSES

    def one_hot(self, labels):
        return F.one_hot(labels, CLASSES).to(self.dtype) if self.classes else None

    def pack(self, rows):
        return rows.reshape(-1, self.packing * rows.shape[1], *rows.shape[2:])

    def judge(self, samples, condition, pass_, step, iteration):
        """Logits and hidden layers."""
        condition = None if condition is None else self.pack(condition)
        where = Where(pass_, step, iteration, condition)
        return self.discriminator(self.pack(samples), where), where.hidden

    def discriminator_loss(self, real_logits, fake_logits, real, labels, conditions, number, step, iteration):
        loss = self.gan.get("loss", "bce")
        if conditions[2] is None:
            return discriminator_loss_of(loss, real_logits, fake_logits)
        mismatched_logits, _ = self.judge(real, conditions[2], Pass.MISMATCHED, step, iteration)
        of_real, of_fake = discriminator_losses(loss, real_logits, fake_logits)
        _, of_mismatched = discriminator_losses(loss, real_logits, mismatched_logits)
        share = self.share(number, labels)
        return (of_real + (1 - share) * of_fake + share * of_mismatched).mean()

    def generate(self, number, step, iteration):
        noise = self.draw(draw_normal, Purpose.NOISE, NetworkId.GENERATOR, step, iteration,
                          (self.rows, self.noise_size), to_numpy(self.dtype))
        labels = self.draw(draw_uniform, Purpose.LABEL, NetworkId.GENERATOR, step, iteration, (self.rows, 1), 0.0,
                           float(CLASSES), "float64").long().flatten()
        condition = self.one_hot(labels)
        if self.text is not None:
            condition = self.encoder(self.captions(number), None).detach()
        return self.generator(noise, Where(Pass.FAKE, step, iteration, condition)), labels

    def penalty(self, real, real_condition, fake, step, iteration):
        if "penalty" not in self.gan:
            return 0
        name, options = choice(self.gan["penalty"])
        weight, points = options.get("weight", 10), self.pack(real)
        if name == "gradient":
            mix = self.draw(draw_uniform, Purpose.INTERPOLATE, NetworkId.DISCRIMINATOR, step, iteration,
                            (self.rows // self.packing, 1, 1, 1), 0.0, 1.0, to_numpy(self.dtype))
            points = mix * points + (1 - mix) * self.pack(fake)
        points = points.detach().requires_grad_()
        condition = None if real_condition is None else self.pack(real_condition)
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
        player, parameters = self.players[name], list(self.networks[name].parameters())
        if "clip_gradient_norm" in player:
            torch.nn.utils.clip_grad_norm_(parameters, player["clip_gradient_norm"])
        for group in self.optimizers[name].param_groups:
            group["lr"] = self.rates[name] * rate_factor(player, step)
        self.optimizers[name].step()
        with torch.no_grad():
            if name == "discriminator" and "weight_clip" in self.gan:
                for parameter in parameters:
                    parameter.clamp_(-self.gan["weight_clip"], self.gan["weight_clip"])
            for key, average in self.averages.get(name, {}).items():
                average.mul_(self.gan["ema"]).add_(self.networks[name].get_parameter(key), alpha=1 - self.gan["ema"])

    def step(self, step):
        simultaneous = self.gan["update"] == "simultaneous"
        return (self.step_simultaneous if simultaneous else self.step_alternating)(step)

    def step_alternating(self, step):
        critic_steps = self.gan.get("critic_steps", 1)
        for i in range(critic_steps):
            number = step * critic_steps + i
            real, real_labels = self.real_batch(number)
            if i + 1 == critic_steps:
                self.begin_update("generator")
            fake, fake_labels = self.generate(number, step, i)
            for name in self.judging:
                self.begin_update(name)
            conditions = self.conditions(number, real_labels, fake_labels)
            real_logits, _ = self.judge(real, conditions[0], Pass.REAL, step, i)
            fake_logits, _ = self.judge(fake.detach(), conditions[1], Pass.FAKE, step, i)
            discriminator_loss = (self.discriminator_loss(real_logits, fake_logits, real, real_labels, conditions,
                                                          number, step, i) +
                                  self.penalty(real, conditions[0], fake.detach(), step, i))
            for name in self.judging:
                set_gradients(self.networks[name], discriminator_loss)
            for name in self.judging:
                self.update(name, step)
        real_condition, fake_condition, _ = self.conditions(number, real_labels, fake_labels)
        logits, fake_hidden = self.judge(fake, fake_condition, Pass.JUDGED, step, i)
        real_hidden = []
        if "feature_matching" in self.gan:
            _, real_hidden = self.judge(real, real_condition, Pass.MATCHED, step, i)
        generator_loss = (generator_loss_of(self.gan.get("loss", "bce"), logits) +
                          self.feature_matching(fake_hidden, real_hidden))
        set_gradients(self.generator, generator_loss)
        self.update("generator", step)
        return discriminator_loss.item(), generator_loss.item()

    def step_simultaneous(self, step):
        loss = self.gan.get("loss", "bce")
        real, real_labels = self.real_batch(step)
        for name in self.networks:
            self.begin_update(name)
        fake, fake_labels = self.generate(step, step, 0)
        conditions = self.conditions(step, real_labels, fake_labels)
        real_logits, real_hidden = self.judge(real, conditions[0], Pass.REAL, step, 0)
        fake_logits, fake_hidden = self.judge(fake, conditions[1], Pass.FAKE, step, 0)
        discriminator_loss = (self.discriminator_loss(real_logits, fake_logits, real, real_labels, conditions, step,
                                                      step, 0) +
                              self.penalty(real, conditions[0], fake.detach(), step, 0))
        generator_loss = generator_loss_of(loss, fake_logits) + self.feature_matching(fake_hidden, real_hidden)
        for name in self.judging:
            set_gradients(self.networks[name], discriminator_loss)
        set_gradients(self.generator, generator_loss)
        for name in (*self.judging, "generator"):
            self.update(name, step)
        return discriminator_loss.item(), generator_loss.item()

    def state(self):
        state = state_of(self.networks)
        for player, average in self.averages.items():
            for name, tensor in average.items():
                state[f"{player}/average/{name}"] = tensor.detach().to(torch.float64, copy=True).numpy().ravel()
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
