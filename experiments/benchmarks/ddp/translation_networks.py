"""CycleGAN's networks in plain torch.nn. Both generators are one module, and both discriminators: each is wrapped by one
DistributedDataParallel, goes forward once and backward once in its own step."""
import torch
from torch import nn

GREY, COLOURS = 1, 3
REPEATS = {"padding_mode": "reflect", "bias": False}


def normalized(layer, channels, activation):
    return nn.Sequential(layer, nn.InstanceNorm2d(channels), activation)


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(
            normalized(nn.Conv2d(channels, channels, 3, padding=1, **REPEATS), channels, nn.ReLU()),
            normalized(nn.Conv2d(channels, channels, 3, padding=1, **REPEATS), channels, nn.Identity()))

    def forward(self, x):
        return x + self.layers(x)


def resnet(inputs, outputs, width, residual_blocks):
    halving = {"stride": 2, "padding": 1, "bias": False}
    doubling = halving | {"output_padding": 1}
    return nn.Sequential(
        normalized(nn.Conv2d(inputs, width, 7, padding=3, **REPEATS), width, nn.ReLU()),
        normalized(nn.Conv2d(width, 2 * width, 3, **halving), 2 * width, nn.ReLU()),
        normalized(nn.Conv2d(2 * width, 4 * width, 3, **halving), 4 * width, nn.ReLU()),
        *(ResidualBlock(4 * width) for _ in range(residual_blocks)),
        normalized(nn.ConvTranspose2d(4 * width, 2 * width, 3, **doubling), 2 * width, nn.ReLU()),
        normalized(nn.ConvTranspose2d(2 * width, width, 3, **doubling), width, nn.ReLU()),
        nn.Conv2d(width, outputs, 7, padding=3, padding_mode="reflect"), nn.Tanh())


def patchgan(inputs, width, layers):
    parts, channels = [nn.Conv2d(inputs, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)], width
    for layer in range(1, layers + 1):
        stride = 2 if layer < layers else 1
        parts.append(normalized(nn.Conv2d(channels, 2 * channels, 4, stride=stride, padding=1, bias=False),
                                2 * channels, nn.LeakyReLU(0.2)))
        channels *= 2
    return nn.Sequential(*parts, nn.Conv2d(channels, 1, 4, padding=1))


class Generators(nn.Module):
    """From grey images to colours and back."""

    def __init__(self, width, residual_blocks):
        super().__init__()
        self.to_colours = resnet(GREY, COLOURS, width, residual_blocks)
        self.to_grey = resnet(COLOURS, GREY, width, residual_blocks)

    def forward(self, grey, colours):
        """Translations, what comes back, and what a grey image becomes as one in colours already."""
        fake_colours, rows = self.to_colours(grey), len(grey)
        fake_grey, same_grey = self.to_grey(torch.cat((colours, grey.expand(-1, COLOURS, -1, -1)))).split(rows)
        return (fake_grey, fake_colours), (self.to_grey(fake_colours), self.to_colours(fake_grey)), same_grey


class Judges(nn.Module):
    """Logits [rows, 1, height, width] of patches of grey images and of images in colours."""

    def __init__(self, width, layers):
        super().__init__()
        self.of_grey, self.of_colours = patchgan(GREY, width, layers), patchgan(COLOURS, width, layers)

    def forward(self, grey, colours):
        return self.of_grey(grey), self.of_colours(colours)
