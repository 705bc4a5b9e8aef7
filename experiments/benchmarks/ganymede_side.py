"""Ganymede's side of the comparison."""
import json
import pathlib
import sys
import tempfile

from launching import ROOT, RunFailed, run_job

sys.path.append(str(pathlib.Path(__file__).parent / "ddp"))
from recipes import RECIPES, SequenceRecipe  # noqa: E402

# Which steps are compared, where they are not a recipe's first.
PHASES = {"seqgan-tutorial": ["sequence.likelihood_steps=0", "sequence.discriminator_start=0"]}
PLAIN = ["communication.node_sharing=off", "communication.overlap=off", "communication.factors=off"]


def job(program, recipe, place, batch, command, options, settings=(), seconds=0):
    file = ROOT / "experiments" / recipe / "recipe.yaml"
    words = [*place.mpirun_command(), program, command, file, "--threads", place.threads, *options]
    for setting in (f"data.global_batch_size={batch * place.ranks}", *PHASES.get(recipe, ()), *settings):
        words += ["--set", setting]
    run_job([(words, {})], seconds)


def folder_for_all_hosts():
    # Below the checkout, because all hosts see it.
    (ROOT / "runs").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="compare-", dir=ROOT / "runs")


def train_one_step(program, recipe, place, folder):
    """Returns the folder of the run."""
    run = pathlib.Path(folder) / "run"
    job(program, recipe, place, 64, "train", ["--run", run], ["train.steps=1", "train.report_every=1"])
    return run


def measure(recipe, place, batch, seconds, program, settings=(), device="cpu"):
    """Samples a second over all ranks; warm-up is left out."""
    with folder_for_all_hosts() as folder:
        file = pathlib.Path(folder) / "bench.json"
        job(program, recipe, place, batch, "bench", ["--seconds", seconds, "--json", file, "--device", device], settings, seconds)
        if not file.exists():
            raise RunFailed("ganymede bench left no figures")
        return json.loads(file.read_text())["samples_per_second"]["median"]


def measure_steps(recipe, place, batch, seconds, program, device):
    """Likewise of ganymede_step_bench, which is one rank without MPI and trains from noise."""
    words = [program, ROOT / "experiments" / recipe / "recipe.yaml", "--device", device, "--batch", batch, "--seconds",
             seconds]
    if isinstance(RECIPES[recipe], SequenceRecipe):
        words += ["--length", RECIPES[recipe].length, "--words", RECIPES[recipe].vocabulary]
    output = run_job([([*words, *PHASES.get(recipe, ())], {"OMP_NUM_THREADS": str(place.threads)})], seconds)
    return json.loads(output)["samples_per_second"]
