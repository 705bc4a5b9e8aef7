"""The networks of the parts of the adversarial family, in PyTorch."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from random_streams import NetworkId, Purpose, RandomStream, StreamId, draw_normal, draw_uniform
from reference_networks import (SEED, DcganDiscriminator, DcganGenerator, drop, initialize_like_keras,
                                initialize_like_pytorch, to_numpy, with_condition)

SHAPE = (1, 8, 8)
CLASSES = 4
WORDS, LONGEST = 7, 3  # of captions; word 0 is none


def choice(value):
    """(name, options) of a choice."""
    if isinstance(value, str):
        return value, {}
    (name, options), = value.items()
    return name, options


class Layers(nn.Module):
    def __init__(self, sizes, options, network):
        super().__init__()
        self.options, self.network, self.count = options, network, len(sizes) - 1
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.add_module(str(i), nn.Linear(a, b))
            if "batch_normalization" in options and i + 1 < self.count:
                self.add_module(f"normalization{i}", nn.BatchNorm1d(b))

    def forward(self, x, where):
        for i in range(self.count - 1):
            x = self.get_submodule(str(i))(x)
            if "batch_normalization" in self.options:
                x = self.get_submodule(f"normalization{i}")(x)
            x = F.leaky_relu(x, 0.2) if self.options.get("activation") == "leaky_relu" else F.relu(x)
            x = drop(x, self.options.get("dropout", 0), self.network, i, where)
            where.hidden.append(x)
        return self.get_submodule(str(self.count - 1))(x)


class MlpGenerator(nn.Module):
    def __init__(self, shape, options, condition_size):
        super().__init__()
        sizes = [options["noise_size"] + condition_size, *options["hidden_sizes"], math.prod(shape)]
        self.layers, self.shape = Layers(sizes, options, NetworkId.GENERATOR), shape
        self.output = options.get("output", "tanh")

    def forward(self, noise, where):
        x = self.layers(with_condition(noise, where.condition), where)
        return (torch.tanh(x) if self.output == "tanh" else x).view(-1, *self.shape)


class MlpDiscriminator(nn.Module):
    def __init__(self, shape, options, packing, condition_size):
        super().__init__()
        sizes = [packing * math.prod(shape) + condition_size, *options["hidden_sizes"], 1]
        self.layers = Layers(sizes, options, NetworkId.DISCRIMINATOR)

    def forward(self, samples, where):
        return self.layers(with_condition(samples.flatten(1), where.condition), where)


class Maxout(nn.Module):
    def __init__(self, shape, options, packing, condition_size):
        super().__init__()
        sizes, self.pieces = [packing * math.prod(shape) + condition_size, *options["hidden_sizes"]], options["pieces"]
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.add_module(str(i), nn.Linear(a, b * self.pieces))
        self.add_module(str(len(sizes) - 1), nn.Linear(sizes[-1], 1))

    def forward(self, samples, where):
        x = with_condition(samples.flatten(1), where.condition)
        *hidden, last = self.children()
        for layer in hidden:
            x = layer(x).unflatten(1, (-1, self.pieces)).max(dim=2).values
            where.hidden.append(x)
        return last(x)


class SpectralNormalization(nn.Module):
    """Miyato et al. 2018, algorithm 1, one iteration an update; parametrizations.spectral_norm iterates at every
    forward pass instead."""

    def __init__(self, network, network_id):
        super().__init__()
        self.network = network
        self.layers = [(name, module) for name, module in network.named_modules()
                       if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))]
        for k, (name, module) in enumerate(self.layers):
            stream = RandomStream(SEED, StreamId(Purpose.POWER_ITERATION, network_id, layer=k), 0)
            rows = self.matrix(module).shape[0]
            start = torch.from_numpy(draw_normal(stream, 0, (1, rows), to_numpy(module.weight.dtype))[0])
            self.register_buffer(f"spectral_vector{k}", F.normalize(start, dim=0, eps=1e-12))
        for _ in range(15):
            self.begin_update()

    @staticmethod
    def matrix(module):
        weight = module.weight.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else module.weight
        return weight.flatten(1)

    @torch.no_grad()
    def begin_update(self):
        for k, (_, module) in enumerate(self.layers):
            left, matrix = self.get_buffer(f"spectral_vector{k}"), self.matrix(module)
            right = F.normalize(matrix.t() @ left, dim=0, eps=1e-12)
            left.copy_(F.normalize(matrix @ right, dim=0, eps=1e-12))

    def forward(self, x, where):
        weights = {}
        for k, (name, module) in enumerate(self.layers):
            left, matrix = self.get_buffer(f"spectral_vector{k}").clone(), self.matrix(module)
            right = F.normalize(matrix.detach().t() @ left, dim=0, eps=1e-12)
            weights[f"{name}.weight"] = module.weight / torch.dot(left, matrix @ right)
        return torch.func.functional_call(self.network, weights, (x, where))


class CaptionEncoder(nn.Module):
    def __init__(self, options):
        super().__init__()
        size = options.get("embedding_size", 128)
        self.embedding = nn.Parameter(torch.empty(WORDS, size))
        self.output = nn.Linear(size, options.get("condition_size", 128))

    def forward(self, captions, where):
        is_word = (captions != 0).to(self.embedding.dtype)[:, :, None]
        mean = (self.embedding[captions] * is_word).sum(dim=1) / is_word.sum(dim=1).clamp(min=1)
        return torch.tanh(self.output(mean))


def make_encoder(options, dtype):
    """N(0, 1) for the embedding, PyTorch's law for the linear layer; the place of a parameter picks its stream."""
    encoder = CaptionEncoder(options)
    bound = 1 / math.sqrt(encoder.embedding.shape[1])
    with torch.no_grad():
        for i, parameter in enumerate(encoder.parameters()):
            stream = RandomStream(SEED, StreamId(Purpose.INITIALIZE, NetworkId.ENCODER, layer=i), 0)
            shape = (1, *parameter.shape)
            values = (draw_normal(stream, 0, shape, "float32") if i == 0 else
                      draw_uniform(stream, 0, shape, -bound, bound, "float32"))
            parameter.copy_(torch.from_numpy(values[0]))
    encoder.to(dtype)
    return SpectralNormalization(encoder, NetworkId.ENCODER) if options.get("spectral_norm") else encoder


GENERATORS = {"mlp": (MlpGenerator, initialize_like_pytorch), "dcgan_generator": (DcganGenerator, initialize_like_keras)}
DISCRIMINATORS = {"mlp": (MlpDiscriminator, initialize_like_pytorch), "maxout": (Maxout, initialize_like_pytorch),
                  "dcgan_discriminator": (DcganDiscriminator, initialize_like_keras)}


def make_network(makers, player, network_id, dtype, *arguments):
    name, options = choice(player["network"])
    maker, initialize = makers[name]
    network = maker(SHAPE, options, *arguments)
    initialize(network, network_id)
    network.to(dtype)
    return SpectralNormalization(network, network_id) if player.get("spectral_norm") else network
