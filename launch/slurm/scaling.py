#!/usr/bin/env python3
"""scaling.py FOLDER: writes scaling.md and scaling.svg there, of what scaling.sbatch has measured."""
import json
import math
import pathlib
import sys
import typing

COLOURS = {"strong": "#1f6fb2", "weak": "#c8501e"}
MEANINGS = {"strong": "the recipe's global batch is shared by all nodes", "weak": "each node has the recipe's global batch"}
WIDTH, HEIGHT, LEFT, TOP = 330, 250, 70, 60  # of a plot, and what is left free around it


class Size(typing.NamedTuple):
    nodes: int
    ranks: int
    speed: dict  # median, min, max, in samples/s
    predicted: float
    efficiency: float
    predicted_efficiency: float


def read_sizes(folder, kind):
    sizes = []
    for cluster in json.loads((folder / f"plan-{kind}.json").read_text())["clusters"]:
        nodes = cluster["nodes"]
        measured = json.loads((folder / f"{kind}-{nodes}.json").read_text())
        speed = measured["samples_per_second"]
        one_node = sizes[0].speed if sizes else speed
        sizes.append(Size(nodes, measured["ranks"], speed, cluster["samples_per_second"],
                          speed["median"] / one_node["median"] / nodes, cluster["efficiency"]))
    return sizes


def table(kind, sizes):
    lines = [f"## {kind.capitalize()} scaling: {MEANINGS[kind]}",
             "| nodes | ranks | samples/s (smallest - largest) | predicted | efficiency, % | predicted |", "|" + "---|" * 6]
    for size in sizes:
        lines.append(f"| {size.nodes} | {size.ranks} | {size.speed['median']:,.0f} "
                     f"({size.speed['min']:,.0f} - {size.speed['max']:,.0f}) | {size.predicted:,.0f} "
                     f"| {100 * size.efficiency:.1f} | {100 * size.predicted_efficiency:.1f} |")
    return "\n".join(lines) + "\n"


class Plot:
    """Of values over numbers of nodes, which double from tick to tick."""

    def __init__(self, place, title, nodes, ticks, scale):
        self.left = LEFT + place * (WIDTH + LEFT)
        self.most_nodes, self.scale = max(2, *nodes), scale
        self.low, self.high = scale(ticks[0]), scale(ticks[-1])
        self.parts = [f'<text x="{self.left}" y="{TOP - 12}">{title}</text>']
        for tick in ticks:
            self.parts.append(f'<path d="M{self.left},{self.y(tick):.1f} h{WIDTH}" stroke="#ddd"/><text '
                              f'x="{self.left - 6}" y="{self.y(tick) + 4:.1f}" text-anchor="end">{tick:,.0f}</text>')
        for n in nodes:
            self.parts.append(f'<text x="{self.x(n):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{n}</text>')
        self.parts.append(f'<text x="{self.left + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">nodes</text>')

    def x(self, nodes):
        return self.left + 10 + (WIDTH - 20) * math.log2(nodes) / math.log2(self.most_nodes)

    def y(self, value):
        return TOP + HEIGHT * (self.high - self.scale(value)) / (self.high - self.low)

    def draw(self, points, colour, dashed):
        line = " ".join(f"{self.x(nodes):.1f},{self.y(value):.1f}" for nodes, value in points)
        style = 'stroke-dasharray="5,4"' if dashed else ""
        self.parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" {style}/>')
        if not dashed:
            self.parts += [f'<circle cx="{self.x(nodes):.1f}" cy="{self.y(value):.1f}" r="4" fill="{colour}"/>'
                           for nodes, value in points]


def speed_ticks(values):
    """1, 2, 5, 10, ... around the values."""
    all_ticks = [digit * 10 ** power for power in range(-3, 12) for digit in (1, 2, 5)]
    below = [tick for tick in all_ticks if tick <= min(values)]
    above = [tick for tick in all_ticks if tick >= max(values) and tick > below[-1]]
    return [tick for tick in all_ticks if below[-1] <= tick <= above[0]]


def draw(recipe, sizes_of):
    every = [size for sizes in sizes_of.values() for size in sizes]
    nodes = sorted({size.nodes for size in every})
    most = 100 * max(max(size.efficiency, size.predicted_efficiency) for size in every)
    plots = [Plot(0, "samples/s", nodes, speed_ticks([v for s in every for v in (s.speed["median"], s.predicted)]),
                  math.log10),
             Plot(1, "efficiency, %", nodes, range(0, 20 * math.ceil(most / 20) + 1, 20), float)]
    legend = []
    for kind, sizes in sizes_of.items():
        for dashed in (False, True):
            plots[0].draw([(s.nodes, s.predicted if dashed else s.speed["median"]) for s in sizes], COLOURS[kind], dashed)
            plots[1].draw([(s.nodes, 100 * (s.predicted_efficiency if dashed else s.efficiency)) for s in sizes],
                          COLOURS[kind], dashed)
        legend.append(f'<tspan fill="{COLOURS[kind]}">{kind}</tspan>')
    width, height = 2 * (WIDTH + LEFT) + 30, TOP + HEIGHT + 50
    head = f'{recipe}, {" and ".join(legend)} scaling: measured (dots), predicted by bench plan (dashes)'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      'font-family="sans-serif" font-size="13">', '<rect width="100%" height="100%" fill="white"/>',
                      f'<text x="{LEFT}" y="22" font-size="15">{head}</text>', *(p for plot in plots for p in plot.parts),
                      "</svg>\n"])


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    recipe = json.loads((folder / "plan-weak.json").read_text())["recipe"]
    sizes_of = {kind: read_sizes(folder, kind) for kind in COLOURS}
    text = f"# {recipe}\n![speed and efficiency](scaling.svg)\n\n" + "\n".join(table(*one) for one in sizes_of.items())
    (folder / "scaling.md").write_text(text)
    (folder / "scaling.svg").write_text(draw(recipe, sizes_of))
    print(text)
