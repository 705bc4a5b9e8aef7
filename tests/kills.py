#!/usr/bin/env python3
"""tests/kills.py PROGRAM [--procedures mlp,sequence,cycle] [--kills N] [--way restarts|ranks|both] [--seed S]

Kills ranks of a run (SIGKILL, a random rank): every other time while a checkpoint is being written, else at a random
moment, which may be that of the start. It ends with the bits of a run that was never killed, its log has each step
once, and nothing of what was half-written stays. `restarts`: launch/mpirun --restarts starts it again by itself, on 2
ranks; `ranks`: it goes on on 1, 2 and 4 ranks in turn. Without options a minute of this; --kills 100 for mlp, 20 for the
others is the whole."""
import argparse
import json
import math
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

from runs import last_step, processes_with

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS_TO_WAIT = 600  # of thousands of steps with a checkpoint each third, on a busy machine
COMMON = {"reproducible.replicas": 4, "train.report_every": 1, "train.checkpoint_every": 3, "train.sample_every": 7,
          "train.keep": 2, "train.keep_every": 30}
PROCEDURES = {
    "mlp": {"data.path": "digits", "data.global_batch_size": 16,
            "gan.generator.network.mlp.hidden_sizes": "[64, 64]",
            "gan.discriminator.network.mlp.hidden_sizes": "[64, 64]",
            "gan.discriminator.network.mlp.dropout": 0.3, "gan.ema": 0.9},
    "sequence": {"data.path": "couplets", "data.global_batch_size": 8, "sequence.likelihood_steps": 20,
                 "sequence.discriminator_start": 10, "sequence.baseline": "false",
                 "sequence.generator.network.lstm.hidden_size": 16,
                 "sequence.discriminator.network.lstm.hidden_size": 16},
    "cycle": {"data.path": "[grey, colours]", "data.held_out": "[]", "data.global_batch_size": 4,
              "cycle.held_out_pairs": "false", "cycle.pool_size": 4, "cycle.generator.network.resnet.width": 4,
              "cycle.discriminator.network.patchgan.width": 4, "train.measure_every": "none"},
}
RECIPES = {"mlp": "mlp", "sequence": "seqgan-tutorial", "cycle": "cyclegan"}


def make_data(program, folder):
    digits = random.Random(1).randbytes(256 * 28 * 28)
    (folder / "images").write_bytes(struct.pack(">4I", 0x803, 256, 28, 28) + digits)
    (folder / "couplets.txt").write_text("山高月小水落\n水落石出山高\n" * 20)
    subprocess.run([sys.executable, ROOT / "tests/cli/write_domains.py", folder / "pictures"], check=True)
    size = ["--height", "16", "--width", "16", "--channels"]
    for words in (["idx", "--images", "images", "--out", "digits"],
                  ["text", "couplets.txt", "--units", "characters", "--out", "couplets"],
                  ["folder", "pictures/grey", *size, "1", "--out", "grey"],
                  ["folder", "pictures/colours", *size, "3", "--out", "colours"]):
        subprocess.run([program, "dataset", "import", *words], cwd=folder, check=True, capture_output=True)


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


class Run:
    """A run of one procedure, in a folder of its own."""

    def __init__(self, program, folder, procedure, name):
        self.program, self.data, self.procedure, self.folder = program, folder, procedure, folder / name
        self.job = self.stopped_at = None

    def start(self, ranks, steps, restarts=0):
        train = [self.program, "train", RECIPES[self.procedure], "--run", self.folder, "--resume", "--threads", "1",
                 *settings({**COMMON, **PROCEDURES[self.procedure], "train.steps": steps})]
        launch = [ROOT / "launch/mpirun", *(["--restarts", str(restarts)] if restarts else []), "-n", str(ranks)]
        self.output = open(f"{self.folder}.log", "a+")
        self.job = subprocess.Popen([str(word) for word in launch + train], stdout=self.output, stderr=self.output,
                                    env={**os.environ, "GANYMEDE_DATA": str(self.data)}, cwd=self.data)

    def wait(self, *codes):
        code = self.job.wait(SECONDS_TO_WAIT)
        if code not in codes:
            self.fail(f"exit code {code}; expected one of {codes}")

    def fail(self, why):
        if self.job.poll() is None:
            self.job.kill()
        sys.exit(f"{self.folder}: {why}\n{pathlib.Path(self.output.name).read_text()[-3000:]}")

    def ranks(self):
        """Process ids of the program in this run."""
        return processes_with(self.folder, [self.program])

    def await_true(self, what, condition):
        end = time.monotonic() + SECONDS_TO_WAIT
        while not condition():
            if time.monotonic() > end:
                self.fail(f"no {what} after {SECONDS_TO_WAIT} s")
            if self.job.poll() is not None:
                self.fail(f"it ended with {self.job.returncode} before there was {what}")
            time.sleep(0.002)

    def kill_one(self, rng, known, aimed):
        """A rank of those that started after `known`; returns those killed or ended with it, and where it hit."""
        self.await_true("a rank", lambda: set(self.ranks()) - known)
        if aimed:
            checkpoints = self.folder / "checkpoints"
            before = last_step(self.folder)
            is_written = lambda: any(".tmp-" in name for name in os.listdir(checkpoints)) if checkpoints.exists() else False
            # What the kill before left is there until this start removes it.
            self.await_true("a step", lambda: last_step(self.folder) > 0 and last_step(self.folder) != before)
            self.await_true("a checkpoint that is written", is_written)
        else:
            time.sleep(rng.uniform(0, 3))
        victims = sorted(set(self.ranks()) - known)
        if not victims:
            self.fail("there is no rank to kill")
        os.kill(rng.choice(victims), signal.SIGKILL)
        hit = aimed and any(".tmp-" in name for name in os.listdir(self.folder / "checkpoints"))
        return known | set(victims), hit


def kill_with_restarts(run, rng, kills):
    """launch/mpirun starts the job again; then it is asked to stop."""
    run.start(2, 1_000_000, restarts=kills)
    known, hits = set(), 0
    for kill in range(kills):
        known, hit = run.kill_one(rng, known, aimed=kill % 2 == 1)
        hits += hit
    run.await_true("a rank", lambda: set(run.ranks()) - known)
    step = last_step(run.folder)
    run.await_true("a step", lambda: last_step(run.folder) > 0 and last_step(run.folder) != step)
    run.job.send_signal(signal.SIGUSR1)
    run.wait(75)
    run.stopped_at = f"step_{last_step(run.folder):08}"
    return hits


def kill_with_other_ranks(run, rng, kills):
    hits = 0
    for kill in range(kills):
        run.start([1, 2, 4][kill % 3], 1_000_000)
        hits += run.kill_one(rng, set(), aimed=kill % 2 == 1)[1]
        code = run.job.wait(SECONDS_TO_WAIT)
        if code in (0, 2, 3, 75):
            run.fail(f"exit code {code} of a job with a killed rank")
    return hits


def scalars(line):
    return {key: value for key, value in json.loads(line).items() if not key.endswith(("_seconds", "_per_second"))}


def are_close(line, other, tolerance):
    return line.keys() == other.keys() and all(
        value == other[key] or (isinstance(value, float) and math.isclose(value, other[key], rel_tol=tolerance))
        for key, value in line.items())


def compare(run, whole, tolerance):
    state = f"checkpoints/step_{last_step(run.folder):08}/state.safetensors"
    if (run.folder / state).read_bytes() != (whole.folder / state).read_bytes():
        run.fail(f"{state} differs from that of a run that was never killed")
    lines, expected = [[scalars(line) for line in (r.folder / "metrics.jsonl").read_text().splitlines()]
                       for r in (run, whole)]
    wrong = [pair for pair in zip(lines, expected) if not are_close(*pair, tolerance)]
    if len(lines) != len(expected) or wrong:
        run.fail(f"metrics.jsonl: {len(lines)} lines, expected {len(expected)}; the first other one is {wrong[:1]}")
    for part in ("samples", "checkpoints"):
        others = set(os.listdir(run.folder / part)) ^ set(os.listdir(whole.folder / part))
        if others := [name for name in others if name.partition(".")[0] != run.stopped_at]:  # which shows its end, too
            run.fail(f"{part}/ holds {others} more or less than a run that was never killed")
    if left := [str(path) for path in run.folder.rglob("*.tmp-*")]:
        run.fail(f"it left {left}")


def check(program, folder, procedure, way, kills, seed):
    rng = random.Random(f"{seed} {procedure} {way}")
    run, whole = [Run(program, folder, procedure, f"{procedure}-{way}-{name}") for name in ("killed", "whole")]
    begin = time.monotonic()
    hits = {"restarts": kill_with_restarts, "ranks": kill_with_other_ranks}[way](run, rng, kills)
    steps = last_step(run.folder) + 10
    for each in (run, whole):
        each.start(2, steps)
        each.wait(0)
    # The sums that are logged, unlike the weights, are rounded otherwise on other numbers of ranks.
    compare(run, whole, tolerance=1e-6 if way == "ranks" else 0)
    print(f"{procedure}, {way}: {kills} kills, {hits} of them left a half-written checkpoint; {steps} steps with the "
          f"bits of a run that was never killed; {time.monotonic() - begin:.0f} s", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("program", type=lambda path: pathlib.Path(path).resolve())
parser.add_argument("--procedures", default="mlp,sequence,cycle")
parser.add_argument("--kills", type=int, default=2)
parser.add_argument("--way", choices=["restarts", "ranks", "both"], default="both")
parser.add_argument("--seed", type=int, default=time.time_ns() % 100000)
arguments = parser.parse_args()
print(f"seed {arguments.seed}", flush=True)
with tempfile.TemporaryDirectory() as made:
    make_data(arguments.program, pathlib.Path(made))
    for each in arguments.procedures.split(","):
        for one in ["restarts", "ranks"] if arguments.way == "both" else [arguments.way]:
            check(arguments.program, pathlib.Path(made), each, one, arguments.kills, arguments.seed)
