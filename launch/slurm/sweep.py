#!/usr/bin/env python3
"""The runs of a sweep, and the table of their results.

    sweep.py runs RECIPE... [KEY=VALUE,VALUE...]           a line a run: its name and its words for train, between tabs
    sweep.py table FOLDER RECIPE... [KEY=VALUE,VALUE...]   writes FOLDER/results.md, where every run has ended

NAME.json in FOLDER holds what `ganymede evaluate` measured of a run, NAME.failed the exit code of one that failed.
"""
import itertools
import json
import pathlib
import re
import statistics
import sys
import typing

NO_FIGURES = {"step", "epoch", "seed", "samples", "real_samples", "modes all", "data_seconds", "compute_seconds",
              "communication_seconds"}


class Run(typing.NamedTuple):
    recipe: str
    settings: dict  # of a recipe's keys

    @property
    def name(self):
        words = [self.recipe, *(f"{key}={value}" for key, value in self.settings.items())]
        return re.sub(r"[^\w.=+,-]+", "_", ",".join(words))


def list_runs(words):
    recipes = [word for word in words if "=" not in word]
    choices = {}
    for key, values in (word.split("=", 1) for word in words if "=" in word):
        choices.setdefault(key, []).extend(re.split(r",(?![^\[{]*[\]}])", values))  # not at commas in [128,128]
    runs = [Run(recipe, dict(zip(choices, chosen))) for recipe in recipes
            for chosen in itertools.product(*choices.values())]
    if not runs or len({run.name for run in runs}) < len(runs):
        sys.exit(f"sweep: found {' '.join(words) or 'nothing'}; expected recipes, and keys with different values, as in "
                 "mlp wgan seed=1,2,3")
    return runs


def numbers_in(tree, above=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from numbers_in(value, f"{above}{key} ")
        elif isinstance(value, (int, float)) and above + key not in NO_FIGURES:
            yield above + key, value


def figures_of(folder, run):
    """What evaluate measured, and the last of each that training reported."""
    reported = {}
    for line in (folder / run.name / "metrics.jsonl").read_text().splitlines():
        reported.update(json.loads(line))
    evaluated = json.loads((folder / f"{run.name}.json").read_text())
    return dict(numbers_in({**evaluated, **reported, **evaluated}))


def spread(values):
    def number(value, digits):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.{digits}g}"

    if len(values) < 2:
        return number(values[0], 4) if values else "-"
    return f"{number(statistics.mean(values), 4)} ± {number(statistics.stdev(values), 2)}"


def table(folder, runs):
    ended = {run.name: figures_of(folder, run) for run in runs if (folder / f"{run.name}.json").exists()}
    varied = [key for key in runs[0].settings if key != "seed" and len({run.settings[key] for run in runs}) > 1]
    names = list(dict.fromkeys(name for figures in ended.values() for name in figures))
    alike = {}  # but for the seed
    for run in runs:
        alike.setdefault((run.recipe, *(run.settings[key] for key in varied)), []).append(run.name)
    rows = [["recipe", *varied, "runs", *(name.replace("_", " ") for name in names)]]
    rows.append(["---"] * len(rows[0]))
    for row, group in alike.items():
        results = [ended[name] for name in group if name in ended]
        rows.append([*row, f"{len(results)} of {len(group)}" if len(results) < len(group) else str(len(group)),
                     *(spread([result[name] for result in results if name in result]) for name in names)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_table(folder, runs):
    failed = {run.name: folder / f"{run.name}.failed" for run in runs if not (folder / f"{run.name}.json").exists()}
    if not all(file.exists() for file in failed.values()):
        return
    lines = [f"{name} failed with exit code {file.read_text().strip()}." for name, file in failed.items()]
    try:
        results = (folder / "results.md").open("x")
    except FileExistsError:
        return  # two runs were the last at once
    with results:
        results.write("Means ± standard deviations over the seeds; losses and speeds are the last reported.\n\n"
                      + "\n\n".join([table(folder, runs), *lines]) + "\n")
    print(f"sweep: every run has ended; {folder}/results.md has the figures")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command == "runs":
        for one in list_runs(arguments):
            print(one.name, one.recipe, *(f"--set\t{key}={value}" for key, value in one.settings.items()), sep="\t")
    elif command == "table" and arguments:
        write_table(pathlib.Path(arguments[0]), list_runs(arguments[1:]))
    else:
        sys.exit(__doc__)
