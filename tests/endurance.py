#!/usr/bin/env python3
"""tests/endurance.py PROGRAM [RECIPE ...] [--steps N]

Trains on 2 ranks and looks at every process once a second: behind the first quarter of the run, resident memory stays
within 1 %, and the numbers of open files and threads stay as they are. Without recipes: mlp for 20,000 steps and
cyclegan/quick for 2,000. Data as for these recipes, below data/ or $GANYMEDE_DATA."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from runs import processes_with

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = {"mlp": 20000, "cyclegan/quick": 2000}
# Grids of samples and figures are made now and then, in memory of the moment; a checkpoint is a copy of the weights.
SETTINGS = ["train.report_every=100", "train.sample_every=1000000", "train.measure_every=none",
            "train.checkpoint_every=1000000"]


def look_at(pid):
    """Resident KiB, open files, threads; None once it ends."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        resident = next(int(line.split()[1]) for line in (process / "status").read_text().splitlines()
                        if line.startswith("VmRSS"))
        return resident, len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))
    except (OSError, StopIteration):
        return None


def watch(program, recipe, steps, folder):
    words = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2", program, "train", recipe, "--threads", "1",
             "--run", str(folder / "run"), "--set", f"train.steps={steps}"]
    for setting in SETTINGS:
        words += ["--set", setting]
    with open(folder / "log", "w") as log:
        job = subprocess.Popen(words, stdout=log, stderr=log)
    seen = {}
    while job.poll() is None:
        for pid in processes_with(folder / "run", [program]):
            if (now := look_at(pid)) is not None:
                seen.setdefault(pid, []).append(now)
        time.sleep(1)
    if job.returncode != 0:
        sys.exit(f"{recipe}: exit {job.returncode}\n{(folder / 'log').read_text()[-2000:]}")
    return seen


def judge(recipe, seen):
    """The last looks are of a process that saves and ends."""
    faults = []
    for rank, looks in enumerate(seen.values()):
        steady = looks[len(looks) // 4:-3]
        if len(steady) < 10:
            sys.exit(f"{recipe}: {len(looks)} looks at rank {rank} are too few; take more steps")
        resident, files, threads = zip(*steady)
        print(f"{recipe}, rank {rank}: {len(steady)} looks, {min(resident) / 1024:.1f} to {max(resident) / 1024:.1f} MiB, "
              f"{min(files)} to {max(files)} files, {min(threads)} to {max(threads)} threads")
        if max(resident) > 1.01 * min(resident):
            faults.append(f"{recipe}, rank {rank}: memory grew from {steady[0][0]} to {steady[-1][0]} KiB")
        if min(files) != max(files) or min(threads) != max(threads):
            faults.append(f"{recipe}, rank {rank}: files or threads came or went")
    if len(seen) != 2:
        faults.append(f"{recipe}: {len(seen)} ranks were seen; expected 2")
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("recipes", nargs="*")
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    faults = []
    for recipe in arguments.recipes or RUNS:
        with tempfile.TemporaryDirectory() as folder:
            seen = watch(os.path.abspath(arguments.program), recipe, arguments.steps or RUNS.get(recipe, 1000),
                         pathlib.Path(folder))
        faults += judge(recipe, seen)
    if faults:
        sys.exit("\n".join(faults))
