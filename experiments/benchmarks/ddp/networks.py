"""The networks of the recipes in plain torch.nn."""
import torch
from torch import nn

PIXELS = 28 * 28


def perceptron(*sizes, dropout=0.0):
    layers = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:-1]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


class Conditional(nn.Module):
    """The one-hot label, if there is one, stands beside the input."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, condition=None):
        return self.network(x if condition is None else torch.cat([x, condition], dim=1))


def mlp_generator(*hidden, condition=0):
    return Conditional(nn.Sequential(perceptron(100 + condition, *hidden, PIXELS), nn.Tanh()))


def mlp_discriminator(*hidden, condition=0, dropout=0.0):
    return Conditional(perceptron(PIXELS + condition, *hidden, 1, dropout=dropout))


def glorot_uniform(network):
    """Keras's initial weights."""
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def dcgan_generator():
    keras = {"eps": 1e-3, "momentum": 0.01}
    double = {"stride": 2, "padding": 2, "output_padding": 1, "bias": False}
    return Conditional(glorot_uniform(nn.Sequential(
        nn.Linear(100, 256 * 7 * 7, bias=False), nn.BatchNorm1d(256 * 7 * 7, **keras), nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, padding=2, bias=False), nn.BatchNorm2d(128, **keras), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, **double), nn.BatchNorm2d(64, **keras), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, **double), nn.Tanh())))


def dcgan_discriminator():
    return Conditional(glorot_uniform(nn.Sequential(
        nn.Conv2d(1, 64, 5, stride=2, padding=2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, stride=2, padding=2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(128 * 7 * 7, 1))))
