#!/usr/bin/env python3
"""tests/slurm.py PROGRAM: the scripts of launch/slurm on four nodes of launch/test-slurm. Exits with 77 where there can
be no SLURM: it needs root and Debian's packages."""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

from runs import last_step, processes_with

ROOT = pathlib.Path(__file__).resolve().parent.parent
SLURM = ROOT / "launch/test-slurm"
SECONDS_TO_WAIT = 120


class Cluster:
    """In a folder of its own, which stands in for the checkout that sbatch is called in."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.environment = {**os.environ, "GANYMEDE": str(program), "GANYMEDE_DATA": str(folder)}
        (folder / "launch").symlink_to(ROOT / "launch")
        self.slow_program = folder / "slow"  # to start: a signal meets a rank that does not catch it yet
        self.slow_program.write_text(f'#!/bin/sh\nsleep 2\nexec "{program}" "$@"\n')
        self.slow_program.chmod(0o755)
        self.run([program, "dataset", "make", "ring", "--out", "ring"])

    def run(self, words):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=self.folder,
                              env=self.environment)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def command(self, *words):
        return self.run([SLURM, "run", *words])

    def submit(self, script, *words, options=()):
        return Job(self, self.command("sbatch", "--parsable", "--output=log-%A", *options, f"launch/slurm/{script}",
                                      *words).strip())


class Job:
    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.run = cluster.folder / f"runs/job-{number}"

    def shows(self):
        words = self.cluster.command("scontrol", "show", "job", self.number, "--oneliner")
        return dict(word.split("=", 1) for word in words.split() if "=" in word)

    def log(self):
        log = self.cluster.folder / f"log-{self.number}"
        return log.read_text() if log.exists() else ""

    def wait(self, what, happened):
        end = time.monotonic() + SECONDS_TO_WAIT
        while time.monotonic() < end:
            if result := happened():
                return result
            time.sleep(0.1)
        sys.exit(f"job {self.number}: not {what} after {SECONDS_TO_WAIT} s; {self.shows()}\n{self.log()}")

    def wait_for(self, state, restarts):
        def seen():
            shows = self.shows()
            return (shows["JobState"], shows["Restarts"]) == (state, str(restarts)) and shows
        return self.wait(f"{state} with {restarts} restarts", seen)

    def wait_for_step_after(self, step):
        self.wait(f"behind step {step}", lambda: last_step(self.run) > step)

    def ranks(self):
        """Their processes."""
        return processes_with(f"runs/job-{self.number}", [self.cluster.program, "/bin/sh"])

    def signal(self, name):
        self.cluster.command("scancel", f"--signal={name}", self.number)


def expect(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def newest_checkpoint(run):
    return max((run / "checkpoints").glob("step_*"))


def settings(steps):
    return [word for setting in (f"train.steps={steps}", "train.report_every=20", "train.checkpoint_every=1000000")
            for word in ("--set", setting)]


TWO_NODES = ["--nodes=2", "--ntasks-per-node=1"]


def start_training(cluster, steps, *options):
    return cluster.submit("train.sbatch", "remedy-none", *settings(steps), options=[*TWO_NODES, *options])


def check_a_stopped_job(job, whole):
    """It queues again by itself, and ends as one that was never stopped, with one log."""
    job.wait_for("COMPLETED", 1)
    whole.wait_for("COMPLETED", 0)
    expect("resumptions in the log", len(re.findall("resuming at step", job.log())), 1)
    expect("starts in the log", len(re.findall("results in runs", job.log())), 2)
    weights = [(newest_checkpoint(one.run) / "state.safetensors").read_bytes() for one in (job, whole)]
    expect("the weights are those of an uninterrupted run", weights[0] == weights[1], True)


def check_early_and_other_signals(job):
    """A signal to a rank that has hardly started costs nothing; a second start without a step is held, not repeated;
    SIGTERM alone saves the last step."""
    for restarts, state in ((1, "PENDING"), (2, "PENDING")):
        job.wait("started", job.ranks)
        job.signal("USR1")
        shows = job.wait_for(state, restarts)
    expect("priority after the second start without a step: held", shows["Priority"], "0")
    job.cluster.command("scontrol", "release", job.number)
    job.wait_for_step_after(0)
    job.signal("TERM")
    job.wait_for("PENDING", 3)
    expect("the step saved", newest_checkpoint(job.run).name, f"step_{last_step(job.run):08}")
    job.cluster.command("scancel", job.number)
    job.wait_for("CANCELLED", 3)


def check_a_killed_rank(job):
    """The other rank ends at once, and the job does not queue again."""
    job.wait_for_step_after(0)
    begin = time.monotonic()
    os.kill(job.ranks()[-1], signal.SIGKILL)
    job.wait_for("FAILED", 0)
    print(f"a job whose rank was killed failed {time.monotonic() - begin:.1f} s later")
    expect("ranks that go on", job.ranks(), [])


def check_a_sweep(cluster, job):
    """The table is there once, of all runs; one that failed is named."""
    results = cluster.folder / "sweep/results.md"
    job.wait("a table", results.exists)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in results.read_text().splitlines() if "|" in line]
    place = rows[0].index("moments distance")
    expected = []
    for recipe in ("remedy-none", "remedy-packing"):
        values = [json.loads(one.read_text())["moments_distance"] for one in cluster.folder.glob(f"sweep/{recipe},*.json")]
        expected.append([recipe, "2", f"{statistics.mean(values):.4g} ± {statistics.stdev(values):.2g}"])
    expect("rows", [row[:2] + [row[place]] for row in rows[2:4]], expected)
    expect("the recipe that is not there", rows[4][:2], ["remedy-nine", "0 of 2"])
    expect("its failures", results.read_text().count("failed with exit code 2"), 2)
    expect("tables", job.log().count("every run has ended"), 1)


def check_scaling(cluster, job):
    job.wait_for("COMPLETED", 0)
    folder = cluster.folder / f"runs/scaling-{job.number}"
    rows = [line.split(" | ")[:2] for line in (folder / "scaling.md").read_text().splitlines()
            if re.match(r"\| \d", line)]
    expect("nodes and ranks, strong then weak", rows, [["| 1", "1"], ["| 2", "2"]] * 2)
    batches = [json.loads((folder / f"{kind}-2.json").read_text())["global_batch_size"] for kind in ("strong", "weak")]
    expect("global batches of two nodes", batches, [100, 200])
    xml.etree.ElementTree.parse(folder / "scaling.svg")


def check(cluster):
    stopped = start_training(cluster, 2000)
    stopped.wait_for_step_after(0)
    stopped.signal("USR1")
    whole = start_training(cluster, 2000)
    check_early_and_other_signals(start_training(cluster, 1000000, f"--export=ALL,GANYMEDE={cluster.slow_program}"))
    check_a_killed_rank(start_training(cluster, 1000000))
    check_a_stopped_job(stopped, whole)
    sweep = cluster.submit("sweep.sbatch", "sweep", "remedy-none", "remedy-packing", "remedy-nine", "seed=1,2",
                           "train.steps=20", "train.report_every=20", options=["--array=0-3"])
    scaling = cluster.submit("scaling.sbatch", "remedy-none", "10", "30", "--seconds", "0.5", options=TWO_NODES)
    check_a_sweep(cluster, sweep)
    check_scaling(cluster, scaling)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("SKIP: SLURM on one machine needs root")
        sys.exit(77)
    made = subprocess.run([SLURM, "up", "4"], capture_output=True, text=True)
    if made.returncode != 0:
        print(f"SKIP: {made.stderr.strip()}")
        sys.exit(77)
    try:
        with tempfile.TemporaryDirectory() as place:
            check(Cluster(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(place)))
    finally:
        subprocess.run([SLURM, "down"], check=True)
