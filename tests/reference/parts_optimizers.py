"""The optimizers and learning rates of the adversarial family, in PyTorch."""

import math

import torch

from parts_networks import choice


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
