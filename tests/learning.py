#!/usr/bin/env python3
"""Trains the quick profile of a recipe on two ranks, evaluates it, and checks that it has learnt.

    tests/learning.py PROGRAM data              imports the datasets below $GANYMEDE_DATA
    tests/learning.py PROGRAM RECIPE            e.g. mlp
    tests/learning.py PROGRAM all-have-bounds   every recipe with a quick profile is listed here

A bound is one that an untrained generator misses by far; beside it stands the figure of seed 1.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = {
    "moments": lambda figures: figures["moments_distance"],
    "frechet": lambda figures: figures["classifier"]["frechet_distance"],
    "agreement": lambda figures: figures["label_agreement"],
    "modes": lambda figures: figures["modes"]["covered"],
    "reverse_kl": lambda figures: figures["modes"]["reverse_kl"],
}
BOUNDS = {}
BOUNDS_END = None


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def make_data(program):
    run(ROOT / "launch/fashion-mnist")
    ring = pathlib.Path(os.environ["GANYMEDE_DATA"]) / "ring"
    if not ring.exists():
        run(program, "dataset", "make", "ring", "--out", ring)


def check_learning(program, recipe):
    with tempfile.TemporaryDirectory() as folder:
        figures_file = pathlib.Path(folder) / "figures.json"
        run(ROOT / "launch/mpirun", "-n", "2", program, "train", f"{recipe}/quick", "--run", f"{folder}/run")
        print(run(program, "evaluate", f"{folder}/run", "--json", figures_file))
        figures = json.loads(figures_file.read_text())
    failures = []
    for name, relation, bound in BOUNDS[recipe]:
        value = FIGURES[name](figures)
        if not (value < bound if relation == "<" else value > bound):
            failures.append(f"{name} is {value:.4g}; expected {relation} {bound}")
    sys.exit("\n".join(failures))


def check_all_have_bounds():
    recipes = {path.parent.name for path in (ROOT / "experiments").glob("*/quick.yaml")}
    if recipes != set(BOUNDS):
        sys.exit(f"recipes without bounds: {sorted(recipes - set(BOUNDS))}; bounds without recipe: "
                 f"{sorted(set(BOUNDS) - recipes)}")


if __name__ == "__main__":
    program, what = sys.argv[1:]
    if what == "data":
        make_data(program)
    elif what == "all-have-bounds":
        check_all_have_bounds()
    else:
        check_learning(program, what)
