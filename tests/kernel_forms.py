#!/usr/bin/env python3
"""Trains the quick profile of every recipe for a few steps in float64, with the fast kernels and with the plain ones:
metrics and checkpoints agree to 1e-9.

    tests/kernel_forms.py PROGRAM    reads the datasets below $GANYMEDE_DATA (tests/learning.py PROGRAM data)
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / ".toolchain/python"))
import numpy  # noqa: E402
import safetensors.numpy  # noqa: E402

BOUND = 1e-9
# A gradient that is zero but for rounding differs by all of itself: what is smaller than this counts as this.
SMALL = 1e-6
STEPS = 3
SETTINGS = ["precision=float64", f"train.steps={STEPS}", "train.report_every=1"]
# A step by likelihood, then two against a discriminator that has begun to learn.
OF_SEQUENCES = ["sequence.likelihood_steps=1", "sequence.discriminator_start=1", "sequence.discriminator_steps=1",
                "sequence.rollouts=2"]
# Measured at the end on other data, which takes longer than the steps.
MEASURED = {"cyclegan", "seqgan-couplets"}


def train(program, recipe, form, run):
    settings = SETTINGS + (OF_SEQUENCES if recipe.startswith("seqgan") else [])
    settings += ["data.held_out=[]"] if recipe in MEASURED else []
    command = [program, "train", f"{recipe}/quick", "--run", run, "--threads", "1"]
    command += [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, "GANYMEDE_KERNELS": form})
    if done.returncode != 0:
        sys.exit(f"{recipe}, {form}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def numbers_of(run):
    """Every number of a run but times: name -> array."""
    numbers = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        report = json.loads(line)
        numbers |= {f"step {report['step']} {name}": numpy.array(value) for name, value in report.items()
                    if isinstance(value, (int, float)) and not name.endswith(("_seconds", "_per_second"))}
    state = run / f"checkpoints/step_{STEPS:08}/state.safetensors"
    return numbers | safetensors.numpy.load_file(state)


def largest_difference(plain, fast):
    """Of any number, relative to the largest of its tensor, with the tensor's name."""
    if plain.keys() != fast.keys():
        sys.exit(f"the forms report different things: {sorted(plain.keys() ^ fast.keys())}")
    return max((float(abs(plain[name] - value).max(initial=0) / max(abs(value).max(initial=0), SMALL)), name)
               for name, value in fast.items())


def compare(program, recipe):
    """A line on how far the forms are apart, and whether that is too far."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {form: pathlib.Path(folder, form) for form in ("fast", "plain")}
        for form, run in runs.items():
            train(program, recipe, form, run)
        difference, name = largest_difference(numbers_of(runs["plain"]), numbers_of(runs["fast"]))
    return f"{recipe}: {difference:.1e} ({name})", not difference < BOUND


if __name__ == "__main__":
    program = sys.argv[1]
    recipes = sorted(path.parent.name for path in (ROOT / "experiments").glob("*/quick.yaml"))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as two:
        compared = list(two.map(lambda recipe: compare(program, recipe), recipes))
    print("\n".join(line for line, _ in compared))
    if any(too_far for _, too_far in compared):
        sys.exit(f"fast and plain kernels are further apart than {BOUND}")
