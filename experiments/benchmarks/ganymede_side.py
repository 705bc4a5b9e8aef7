"""Ganymede's side of the comparison."""
import functools
import json
import math
import pathlib
import tempfile

from launching import ROOT, RunFailed, run_job

PLAIN = ["communication.node_sharing=off", "communication.overlap=off"]
PILOT_SECONDS = 1.5
NEVER = 10**9


def train(program, recipe, place, batch, steps, report_every, folder, settings=(), seconds=0):
    """A run of so many steps; returns its folder."""
    run = pathlib.Path(folder) / "run"
    file = ROOT / "experiments" / recipe / "recipe.yaml"
    command = [*place.mpirun_command(), program, "train", file, "--threads", 1, "--run", run]
    for setting in (f"data.global_batch_size={batch * place.ranks}", f"train.steps={steps}",
                    f"train.report_every={report_every}", f"train.sample_every={NEVER}",
                    f"train.checkpoint_every={NEVER}", *settings):
        command += ["--set", setting]
    run_job([(command, {})], seconds)
    return run


def run_folder():
    # Below the checkout, because all hosts see it.
    (ROOT / "runs").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="compare-", dir=ROOT / "runs")


def read_metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def speed_after_first_report(run):
    lines = read_metrics(run)
    if len(lines) < 2:
        raise RunFailed("metrics.jsonl has one line; expected a warm-up and a measurement")
    steps = [after["step"] - before["step"] for before, after in zip(lines, lines[1:])]
    times = [count / line["samples_per_second"] for count, line in zip(steps, lines[1:])]
    return sum(steps) / sum(times)


@functools.cache
def estimated_steps_per_second(program, recipe, place, batch, settings):
    with run_folder() as folder:
        run = train(program, recipe, place, batch, NEVER, NEVER, folder, (*settings, f"train.seconds={PILOT_SECONDS}"))
        return read_metrics(run)[-1]["samples_per_second"] / (batch * place.ranks)


def measure(recipe, place, batch, seconds, program, settings=()):
    """Samples a second over all ranks, in the middle of a run: the first fifth warms up."""
    steps = math.ceil(seconds * estimated_steps_per_second(program, recipe, place, batch, settings))
    report_every = max(1, steps // 4)
    with run_folder() as folder:
        run = train(program, recipe, place, batch, 5 * report_every, report_every, folder, settings, 2 * seconds)
        return speed_after_first_report(run)
