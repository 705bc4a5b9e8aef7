#!/usr/bin/python3
"""How close a translation can come to the true partners: the recipe's generator, trained on all true pairs of emoji that
are not held out (1,263), by the error itself. CycleGAN never sees a pair. Needs experiments/benchmarks/setup_pytorch;
four minutes of one core."""
import glob
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "datasets"), str(ROOT / "experiments/benchmarks/ddp"),
                *glob.glob(str(ROOT / ".toolchain/pytorch/lib/python3*/site-packages"))]

import numpy  # noqa: E402
import torch  # noqa: E402
from making import two_fonts  # noqa: E402
from translation_networks import resnet  # noqa: E402


def pictures(emoji, draw):
    drawn = numpy.stack([numpy.atleast_3d(numpy.array(draw(one, 32))) for one in emoji])
    return torch.from_numpy(drawn.transpose(0, 3, 1, 2)).float() / 127.5 - 1


def error(found, truth):
    return (found - truth).abs().mean().item() / 2


def train(name, source, target, held_source, held_target):
    generator = resnet(source.shape[1], target.shape[1], width=16, residual_blocks=3)
    optimizer = torch.optim.Adam(generator.parameters(), 1e-3)
    for step in range(1, 1501):
        rows = torch.randint(len(source), (16,))
        images, partners = (part[rows].flip(3) if step % 2 else part[rows] for part in (source, target))
        optimizer.zero_grad()
        (generator(images) - partners).abs().mean().backward()
        optimizer.step()
        if step % 250 == 0:
            with torch.no_grad():
                found = generator(held_source)
            print(f"{name}, step {step}: {error(found, held_target):.3f}, in black and white of each channel "
                  f"{error(found.sign(), held_target):.3f}", flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    domains = two_fonts.split_characters()
    lines, colours, held_lines, held_colours = (pictures(part, draw) for part in (domains.line + domains.colour,
                                                                                 domains.held_out)
                                                for draw in (two_fonts.draw_line, two_fonts.draw_colour))
    for pixels in (1, 2):
        moved = held_lines.roll((pixels, pixels), (2, 3))
        print(f"true lines, {pixels} to the right and below: {error(moved, held_lines):.3f}")
    train("colours to lines", colours, lines, held_colours, held_lines)
    train("lines to colours", lines, colours, held_lines, held_colours)
