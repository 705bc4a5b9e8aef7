"""The networks of SeqGAN in PyTorch: nn.Embedding, nn.LSTM and nn.Conv1d, with initial weights from Ganymede's
random streams.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from parts_networks import choice
from random_streams import NetworkId, Purpose, RandomStream, StreamId, draw_normal
from reference_networks import SEED, draw_parameter, drop, to_numpy

WORDS, LENGTH = 11, 6


@torch.no_grad()
def draw_normal_parameter(parameter, deviation, network, index):
    stream = RandomStream(SEED, StreamId(Purpose.INITIALIZE, network, layer=index), 0)
    values = draw_normal(stream, 0, (1, *parameter.shape), to_numpy(parameter.dtype))
    parameter.copy_(torch.from_numpy(values[0]) * deviation)


class LstmOverTokens(nn.Module):
    """Tokens [rows, length] to numbers [rows, length, outputs]."""

    def __init__(self, options, outputs, network):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, options["embedding_size"])
        self.lstm = nn.LSTM(options["embedding_size"], options["hidden_size"], batch_first=True)
        self.output = nn.Linear(options["hidden_size"], outputs)
        self.double()
        self.initialize(options, network)

    def forward(self, tokens):
        return self.output(self.lstm(self.embedding(tokens))[0])

    def named_as_in_ganymede(self):
        """Its place in this list picks the stream of a parameter's initial values."""
        lstm = self.lstm
        return [("lstm.embedding", self.embedding.weight),
                ("lstm.input.weight", lstm.weight_ih_l0), ("lstm.input.bias", lstm.bias_ih_l0),
                ("lstm.hidden.weight", lstm.weight_hh_l0), ("lstm.hidden.bias", lstm.bias_hh_l0),
                ("output.weight", self.output.weight), ("output.bias", self.output.bias)]

    def initialize(self, options, network):
        deviation = options.get("initial_deviation")
        for index, (_, parameter) in enumerate(self.named_as_in_ganymede()):
            if deviation:
                draw_normal_parameter(parameter, deviation, network, index)
            elif parameter is self.embedding.weight:
                draw_normal_parameter(parameter, 1, network, index)
            else:
                draw_parameter(parameter, 1 / math.sqrt(options["hidden_size"]), network, index)
        if deviation:
            nn.init.zeros_(self.lstm.bias_hh_l0)


class Generator(LstmOverTokens):
    """Logits [rows, length, WORDS] of each token, given those before; token 0 stands before the first."""

    def __init__(self, options):
        super().__init__(options, WORDS, NetworkId.GENERATOR)

    def forward(self, tokens):
        return super().forward(F.pad(tokens[:, :-1], (1, 0)))


class LstmDiscriminator(LstmOverTokens):
    def __init__(self, options):
        super().__init__(options, 1, NetworkId.DISCRIMINATOR)

    def forward(self, tokens, where=None):
        return super().forward(tokens)[:, -1]

    def penalty(self):
        return 0


class CnnDiscriminator(nn.Module):
    """Yu et al. 2017, appendix: convolutions, the maximum of each over the sequence, a highway layer, dropout."""

    def __init__(self, options):
        super().__init__()
        self.options, features = options, sum(options["filters"])
        self.embedding = nn.Embedding(WORDS, options["embedding_size"])
        self.filters = nn.ModuleList(nn.Conv1d(options["embedding_size"], filters, width)
                                     for filters, width in zip(options["filters"], options["filter_widths"]))
        self.gate, self.transform = nn.Linear(features, features), nn.Linear(features, features)
        self.output = nn.Linear(features, 1)
        self.double()
        self.initialize()

    def named_as_in_ganymede(self):
        """There a filter is [filters, width x embedding_size]."""
        filters = [(f"filter{i}.{name}", parameter) for i, one in enumerate(self.filters, start=1)
                   for name, parameter in (("weight", one.weight.transpose(1, 2)), ("bias", one.bias))]
        layers = [(f"{layer}.{name}", parameter) for layer in ("gate", "transform", "output")
                  for name, parameter in getattr(self, layer).named_parameters()]
        return [("embedding", self.embedding.weight), *filters, *layers]

    def initialize(self):
        features = sum(self.options["filters"])
        for index, (name, parameter) in enumerate(self.named_as_in_ganymede()):
            if name == "embedding":
                draw_parameter(parameter, 1, NetworkId.DISCRIMINATOR, index)
            elif name in ("gate.weight", "transform.weight"):
                draw_parameter(parameter, (3 / features) ** 0.5, NetworkId.DISCRIMINATOR, index)
            elif parameter.dim() > 1:
                deviation = 0.088 * 2 ** 0.5 if name == "output.weight" else 0.088
                draw_normal_parameter(parameter, deviation, NetworkId.DISCRIMINATOR, index)
            else:
                nn.init.constant_(parameter, 0.1 if name.startswith("filter") else 0)

    def forward(self, tokens, where=None):
        words = self.embedding(tokens).transpose(1, 2)
        features = torch.cat([F.relu(one(words)).amax(dim=2) for one in self.filters], dim=1)
        gate = torch.sigmoid(self.gate(features))
        carried = gate * F.relu(self.transform(features)) + (1 - gate) * features
        if where:
            carried = drop(carried, self.options["dropout"], NetworkId.DISCRIMINATOR, 0, where)
        return self.output(carried)

    def penalty(self):
        squares = sum(parameter.square().sum() for parameter in self.output.parameters())
        return self.options["output_penalty"] * squares / 2


def make_discriminator(player):
    name, options = choice(player["network"])
    return {"lstm": LstmDiscriminator, "cnn": CnnDiscriminator}[name](options)
