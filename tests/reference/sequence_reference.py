"""PyTorch reference of SeqGAN (Yu et al. 2017): of every recipe of sequences.json five steps of each phase, likelihood,
discriminator and adversarial, in float64, from the initial weights, the numbers that pick tokens, and the dropout masks
of Ganymede's random streams. Rollouts are made one after another, each token by a pass from the start.

Writes sequences_float64.json. README.md describes the fields.
"""

import json
import pathlib

import torch
from torch.nn import functional as F

from adversarial_reference import describe, projection_signs, set_gradients
from parts_networks import choice
from parts_reference import make_optimizer, merge
from random_streams import NetworkId, RandomStream, SequencePass, SequencePurpose, StreamId, draw_uniform, write_json
from reference_networks import SEED, Where
from sequence_networks import LENGTH, WORDS, Generator, make_discriminator

FOLDER = pathlib.Path(__file__).parent


def pick(logits, uniform):
    """The first token at which the sum of probabilities passes a share of them all."""
    sums = logits.softmax(dim=1).cumsum(dim=1)
    tokens = torch.searchsorted(sums, uniform[:, None] * sums[:, -1:], right=True)
    return tokens.clamp_(max=WORDS - 1).squeeze(1)


def real_batch(number, rows):
    """Sequences that count upwards by 1 or 2, from a number of their own."""
    row = torch.arange(rows)[:, None]
    return (row + number + torch.arange(LENGTH) * (1 + row % 2)) % WORDS


class Training:
    def __init__(self, recipe):
        self.rows, self.sequence = recipe["data"]["global_batch_size"], recipe["sequence"]
        self.generator = Generator(choice(self.sequence["generator"]["network"])[1])
        self.discriminator = make_discriminator(self.sequence["discriminator"])
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimizers = {name: make_optimizer(self.sequence[name], network.parameters())
                           for name, network in self.networks.items()}
        self.batches = 0

    def next_batch(self):
        self.batches += 1
        return real_batch(self.batches - 1, self.rows)

    def draw(self, purpose, pass_, step, iteration, shape=(LENGTH,)):
        stream_id = StreamId(purpose, NetworkId.GENERATOR, pass_=pass_, critic_iteration=iteration)
        stream = RandomStream(SEED, stream_id, step)
        return torch.from_numpy(draw_uniform(stream, 0, (self.rows, *shape), 0.0, 1.0, "float64"))

    @torch.no_grad()
    def go_on(self, tokens, uniform):
        """Writes the rest of sequences [rows, any]; uniform [rows, LENGTH] picks the tokens."""
        for place in range(tokens.shape[1], LENGTH):
            logits = self.generator(F.pad(tokens, (0, 1)))[:, place]
            tokens = torch.cat((tokens, pick(logits, uniform[:, place])[:, None]), dim=1)
        return tokens

    def write(self, *stream):
        return self.go_on(torch.zeros(self.rows, 0, dtype=torch.long), self.draw(*stream))

    def roll_out(self, tokens, step):
        """[LENGTH - 1, rollouts, rows, LENGTH], of which [p] begin with the first p + 1 tokens."""
        uniform = [self.draw(SequencePurpose.ROLLOUT, SequencePass.GENERATOR, step, i, (LENGTH - 1, LENGTH))
                   for i in range(self.sequence["rollouts"])]
        return torch.stack([torch.stack([self.go_on(tokens[:, :p + 1], one[:, p]) for one in uniform])
                            for p in range(LENGTH - 1)])

    def surprise(self, tokens):
        """-log p of each token, [rows, LENGTH]."""
        return -self.generator(tokens).log_softmax(dim=2).gather(2, tokens[:, :, None]).squeeze(2)

    def update(self, name, loss):
        network = self.networks[name]
        set_gradients(network, loss)
        if "clip_gradient_norm" in self.sequence[name]:
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.sequence[name]["clip_gradient_norm"])
        self.optimizers[name].step()

    @torch.no_grad()
    def values(self, tokens, rollouts):
        """What each token is worth, [rows, LENGTH]."""
        if self.sequence.get("reward") == "constant":
            return torch.ones(self.rows, LENGTH, dtype=torch.float64)
        of_prefixes = [torch.stack([torch.sigmoid(self.discriminator(one)) for one in of_prefix]).mean(dim=0)
                       for of_prefix in rollouts]
        return torch.cat((*of_prefixes, torch.sigmoid(self.discriminator(tokens))), dim=1)

    def update_generator_by_rewards(self, step):
        """Its loss and the mean reward; the rollouts of this step."""
        tokens = self.write(SequencePurpose.TOKENS, SequencePass.GENERATOR, step, 0)
        rollouts = self.roll_out(tokens, step)
        values = self.values(tokens, rollouts)
        reward = values.mean().item()
        if self.sequence.get("baseline"):
            values = values - values.mean(dim=0)
        loss = (self.surprise(tokens) * values).mean()
        self.update("generator", loss)
        return loss.item(), reward, rollouts

    def update_discriminator(self, step, iteration, real):
        fake = self.write(SequencePurpose.TOKENS, SequencePass.DISCRIMINATOR, step, iteration)
        logits = {pass_: self.discriminator(tokens, Where(pass_, step, iteration))
                  for pass_, tokens in ((SequencePass.REAL, real), (SequencePass.FAKE, fake))}
        loss = sum(F.binary_cross_entropy_with_logits(one, torch.full_like(one, pass_ == SequencePass.REAL))
                   for pass_, one in logits.items()) + self.discriminator.penalty()
        self.update("discriminator", loss)
        return loss.item()

    def step(self, step):
        """Its scalars, and rollouts where there are any."""
        if step < self.sequence["likelihood_steps"]:
            loss = self.surprise(self.next_batch()).mean()
            self.update("generator", loss)
            return {"negative_log_likelihood": loss.item()}, None
        if step < self.sequence["likelihood_steps"] + self.sequence["discriminator_start"]:
            return {"discriminator_loss": self.update_discriminator(step, 0, self.next_batch())}, None
        if step == self.sequence["likelihood_steps"] + self.sequence["discriminator_start"]:
            # The authors' program has an optimizer for each of the generator's objectives.
            self.optimizers["generator"] = make_optimizer(self.sequence["generator"], self.generator.parameters())
        batches = [self.next_batch() for _ in range(self.sequence["discriminator_steps"])]
        likelihood = self.surprise(batches[0]).mean().item()
        generator_loss, reward, rollouts = self.update_generator_by_rewards(step)
        for iteration, real in enumerate(batches):
            discriminator_loss = self.update_discriminator(step, iteration, real)
        return {"generator_loss": generator_loss, "reward": reward, "discriminator_loss": discriminator_loss,
                "negative_log_likelihood": likelihood}, rollouts

    def state(self):
        return {f"{player}/{name}": parameter.detach().numpy().copy().ravel()
                for player, network in self.networks.items() for name, parameter in network.named_as_in_ganymede()}


def run(recipe):
    training = Training(recipe)
    initial = training.state()
    scalars = []
    for step in range(recipe["train"]["steps"]):
        of_step, rollouts = training.step(step)
        scalars.append(of_step)
    final = training.state()
    signs = projection_signs(max(values.size for values in final.values()))
    return {"scalars": scalars, "rollouts": rollouts.flatten().tolist(),
            "samples": training.write(SequencePurpose.SAMPLE, 0, 0, 0).flatten().tolist(),
            "tensors": {name: describe(initial[name], final[name], signs) for name in final}}


def main():
    torch.set_num_threads(1)
    specification = json.loads((FOLDER / "sequences.json").read_text())
    assert specification["base"]["seed"] == SEED
    write_json(FOLDER / "sequences_float64.json",
               {name: run(merge(specification["base"], {"sequence": part}))
                for name, part in specification["parts"].items()})


if __name__ == "__main__":
    main()
