"""What the PyTorch references share: the seed, the DCGAN of tutorial §4.1, and networks' initial weights and dropout
masks from Ganymede's random streams.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from random_streams import NetworkId, Purpose, RandomStream, StreamId, draw_dropout_mask, draw_uniform

# Any seed serves in float64. In float32 about one seed in two has a LeakyReLU input so near 0 in dcgan that another
# order of summation moves it to the other side, and Adam spreads that to 1-2 % of a change; this one has none, on
# AVX2 and on AVX-512 machines.
SEED = 8


def to_numpy(dtype):
    return {torch.float32: "float32", torch.float64: "float64"}[dtype]


class Where:
    """Which batch passes through a network: what its random layers draw from."""

    def __init__(self, pass_, step, iteration=0, condition=None):
        self.pass_, self.step, self.iteration, self.condition = pass_, step, iteration, condition
        self.hidden = []


def drop(x, probability, network, layer, where):
    if probability == 0:
        return x
    stream = StreamId(Purpose.DROPOUT, network, layer, where.pass_, where.iteration)
    mask = draw_dropout_mask(RandomStream(SEED, stream, where.step), 0, tuple(x.shape), probability, to_numpy(x.dtype))
    return x * torch.from_numpy(mask)


def with_condition(x, condition):
    if condition is None:
        return x
    if x.dim() == 4:
        condition = condition[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat((x, condition), dim=1)


# Modules, here and in the scripts, are named and registered as in the C++ code: the place of a parameter in
# parameters() picks the stream of its initial values.

class DcganGenerator(nn.Module):
    def __init__(self, shape, options, condition_size=0):
        super().__init__()
        channels, height, width = shape
        self.size = (256, height // 4, width // 4)
        keras = {"eps": 1e-3, "momentum": 0.01}
        upsample = {"stride": 2, "padding": 2, "output_padding": 1, "bias": False}
        self.dense = nn.Linear(options["noise_size"] + condition_size, math.prod(self.size), bias=False)
        self.normalization0 = nn.BatchNorm1d(math.prod(self.size), **keras)
        self.transposed1 = nn.ConvTranspose2d(256, 128, 5, stride=1, padding=2, bias=False)
        self.normalization1 = nn.BatchNorm2d(128, **keras)
        self.transposed2 = nn.ConvTranspose2d(128, 64, 5, **upsample)
        self.normalization2 = nn.BatchNorm2d(64, **keras)
        self.transposed3 = nn.ConvTranspose2d(64, channels, 5, **upsample)

    def forward(self, noise, where):
        x = F.leaky_relu(self.normalization0(self.dense(with_condition(noise, where.condition))), 0.3)
        x = F.leaky_relu(self.normalization1(self.transposed1(x.view(-1, *self.size))), 0.3)
        x = F.leaky_relu(self.normalization2(self.transposed2(x)), 0.3)
        return torch.tanh(self.transposed3(x))


class DcganDiscriminator(nn.Module):
    def __init__(self, shape, options, packing=1, condition_size=0):
        super().__init__()
        channels, height, width = shape
        self.dropout = options["dropout"]
        self.convolution1 = nn.Conv2d(packing * channels + condition_size, 64, 5, stride=2, padding=2)
        self.convolution2 = nn.Conv2d(64, 128, 5, stride=2, padding=2)
        self.dense = nn.Linear(128 * (height // 4) * (width // 4), 1)

    def forward(self, samples, where):
        x = F.leaky_relu(self.convolution1(with_condition(samples, where.condition)), 0.3)
        x = drop(x, self.dropout, NetworkId.DISCRIMINATOR, 0, where)
        where.hidden.append(x)
        x = drop(F.leaky_relu(self.convolution2(x), 0.3), self.dropout, NetworkId.DISCRIMINATOR, 1, where)
        where.hidden.append(x)
        return self.dense(x.flatten(1))


def receptive_field(weight):
    return weight[0, 0].numel()


@torch.no_grad()
def draw_parameter(parameter, bound, network, index):
    stream = RandomStream(SEED, StreamId(Purpose.INITIALIZE, network, layer=index), 0)
    values = draw_uniform(stream, 0, (1, *parameter.shape), -bound, bound, to_numpy(parameter.dtype))
    parameter.copy_(torch.from_numpy(values[0]))


def initialize_like_pytorch(module, network):
    """fan_in is size(1) x receptive field, of the weight that stands beside a bias; normalisation keeps its ones."""
    for index, (name, parameter) in enumerate(module.named_parameters()):
        if "normalization" in name:
            continue
        if parameter.dim() > 1:
            bound = 1.0 / math.sqrt(parameter.size(1) * receptive_field(parameter))
        draw_parameter(parameter, bound, network, index)


def initialize_like_keras(module, network):
    """Glorot uniform; normalisation keeps its ones."""
    for index, (name, parameter) in enumerate(module.named_parameters()):
        if parameter.dim() > 1:
            fans = (parameter.size(0) + parameter.size(1)) * receptive_field(parameter)
            draw_parameter(parameter, math.sqrt(6.0 / fans), network, index)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
