#!/usr/bin/env python3
"""Trains every remedy-* recipe with five seeds, evaluates each run and writes the table into README.md.

    experiments/remedy_table.py RUNS [--jobs 2]

RUNS is a folder for the runs; those that are already evaluated there are not made again.
"""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / "build" / "release" / "ganymede"
RECIPES = ["remedy-none", "remedy-wgan-clip", "remedy-wgan-gp", "remedy-conditional", "remedy-mixed-loss",
           "remedy-spectral-norm", "remedy-feature-matching", "remedy-packing"]
SEEDS = [1, 2, 3, 4, 5]
BEGIN, END = "<!-- remedy_table.py: begin -->", "<!-- remedy_table.py: end -->"


def run(recipe, seed, runs):
    folder = runs / f"{recipe}-{seed}"
    figures = runs / f"{recipe}-{seed}.json"
    if not figures.exists():
        commands = [["train", recipe, "--set", f"seed={seed}", "--threads", "1", "--run", folder, "--resume"],
                    ["evaluate", folder, "--json", figures]]
        for command in commands:
            done = subprocess.run([PROGRAM, *command], capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"{recipe}, seed {seed}: {done.stderr.strip()}")
    return json.loads(figures.read_text())["modes"]


def row(recipe, results):
    def cell(values, form):
        return f"{form.format(statistics.mean(values))} ({form.format(min(values))} - {form.format(max(values))})"
    return (f"| [{recipe}]({recipe}/README.md) | {cell([r['covered'] for r in results], '{:.1f}')} "
            f"| {cell([100 * r['high_quality_share'] for r in results], '{:.1f}')} "
            f"| {cell([r['reverse_kl'] for r in results], '{:.2f}')} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        pending = {(recipe, seed): pool.submit(run, recipe, seed, arguments.runs)
                   for seed in SEEDS for recipe in RECIPES}
        rows = [row(recipe, [pending[recipe, seed].result() for seed in SEEDS]) for recipe in RECIPES]
    table = "\n".join([BEGIN, "| recipe | modes covered of 8 | high quality, % | reverse KL, nats |", "|---|---|---|---|",
                       *rows, END])
    page = HERE / "README.md"
    text = page.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(before + table + after)
    print(table)


if __name__ == "__main__":
    main()
