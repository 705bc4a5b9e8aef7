"""Ganymede beside PyTorch's DistributedDataParallel: the same recipes, alternately, in one run.

Of each recipe and number of ranks, every round measures each side once, in the order of the table. The ratio of a
round compares its two neighbours in time, so a machine that is slow for a while slows both.
"""
import argparse
import functools
import json
import os
import pathlib
import platform
import shlex
import signal
import subprocess
import sys

import torch

import check
import ganymede_side
import pytorch_side
import table
from launching import ROOT, Place, RunFailed

RECIPES = list(check.RECIPES)
REQUIRED = ("Ganymede", "PyTorch DDP", "the other build")  # a variant may be unable to run a recipe


def parse_arguments():
    parser = argparse.ArgumentParser(prog="compare", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=RECIPES, metavar="RECIPE",
                        help=f"of {', '.join(RECIPES)}; all unless given")
    parser.add_argument("--ranks", type=int, nargs="+", metavar="N", help="1 2; with --hosts, one a host")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of each rank (1)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                        help="cuda: a GPU a rank, PyTorch with NCCL and --compile with CUDA graphs (cpu)")
    parser.add_argument("--batch", type=int, default=64, help="samples a rank (64)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each side (5)")
    parser.add_argument("--seconds", type=float, default=8, help="of a measurement, after its warm-up (8)")
    parser.add_argument("--plain", action="store_true", help="also Ganymede without node sharing, overlap and factors")
    parser.add_argument("--fused", action="store_true", help="also PyTorch with Adam(fused=True)")
    parser.add_argument("--compile", action="store_true", help="also PyTorch with torch.compile; on GPUs with mode=reduce-overhead")
    parser.add_argument("--hosts", metavar="FILE", help="on the hosts of an mpirun host file")
    parser.add_argument("--interface", default="eth0", help="of the network between the hosts (eth0)")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/ganymede",
                        help="build/release/ganymede unless given")
    parser.add_argument("--against", type=pathlib.Path, metavar="PROGRAM",
                        help="another build of Ganymede in PyTorch's place, as of the commit before a change")
    parser.add_argument("--step-bench", type=pathlib.Path, metavar="PROGRAM",
                        help="a ganymede_step_bench in place of --program: one rank without MPI, on noise")
    parser.add_argument("--mpirun", default=str(ROOT / "launch/mpirun"), help="launch/mpirun unless given")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures of each round")
    parser.add_argument("--write-table", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--check", action="store_true",
                        help="instead: do both sides train the same networks in the same way?")
    arguments = parser.parse_args()
    for program in filter(None, (arguments.step_bench or arguments.program, arguments.against)):
        if not program.exists():
            parser.error(f"{program} is missing; build it with launch/build, or name it with --program")
    refuse_device(parser, arguments)
    if arguments.hosts and not pathlib.Path(arguments.hosts).exists():
        parser.error(f"--hosts {arguments.hosts}: no such file")
    for name in ("threads", "batch", "rounds", "seconds"):
        if getattr(arguments, name) <= 0:
            parser.error(f"--{name} is {getattr(arguments, name)}; expected more than 0")
    return arguments


def refuse_device(parser, arguments):
    if arguments.step_bench and (arguments.ranks != [1] or arguments.plain or arguments.against or arguments.check):
        parser.error("--step-bench is one rank by itself; use it with --ranks 1, and without --plain, --against and --check")
    if arguments.device == "cpu":
        return
    if arguments.write_table or arguments.hosts:
        parser.error("--device cuda goes with neither --write-table nor --hosts: no page has a table of GPUs")
    gpus, ranks = torch.cuda.device_count(), max(arguments.ranks or [1, 2])
    if gpus < ranks:
        parser.error(f"--device cuda: PyTorch {torch.__version__} of {sys.executable} sees {gpus} GPUs, expected {ranks}; "
                     "choose --ranks, or set GANYMEDE_BENCHMARK_PYTHON to a Python whose PyTorch sees them")


def sides_of(arguments):
    """Name to a function that measures: (recipe, place, batch, seconds) to samples a second."""
    if arguments.step_bench:
        ours = functools.partial(ganymede_side.measure_steps, program=arguments.step_bench.resolve(),
                                 device=arguments.device)
    else:
        ours = functools.partial(ganymede_side.measure, program=arguments.program.resolve(), device=arguments.device)
    theirs = functools.partial(pytorch_side.measure, device=arguments.device, noise=arguments.step_bench is not None)
    if arguments.against:
        return {"Ganymede": ours,
                "the other build": functools.partial(ganymede_side.measure, program=arguments.against.resolve(),
                                                     device=arguments.device)}
    sides = {"Ganymede": ours, "PyTorch DDP": theirs}
    if arguments.plain:
        sides["Ganymede, plain"] = functools.partial(ours, settings=tuple(ganymede_side.PLAIN))
    if arguments.fused:
        sides["PyTorch DDP, fused Adam"] = functools.partial(theirs, fused=True)
    if arguments.compile:
        sides["PyTorch DDP, compiled"] = functools.partial(theirs, compile=True)
    return sides


def measure_row(recipe, place, arguments, sides):
    """Figures of each side by round, or the reason why it has none. Without a required side the others are not run."""
    figures = {side: [] for side in sides}
    row = {"recipe": recipe, "ranks": place.ranks, "threads": place.threads, "batch": arguments.batch,
           "samples_per_second": figures}
    for round_ in range(1, arguments.rounds + 1):
        for side, measure in sides.items():
            if isinstance(figures[side], str):
                continue
            try:
                figures[side].append(measure(recipe, place, arguments.batch, arguments.seconds))
            except RunFailed as failure:
                figures[side] = f"does not run: {failure}"
                print(f"{side} does not run {recipe} on {place.ranks} ranks: {failure}", file=sys.stderr)
                if side in REQUIRED:
                    figures.update({other: "is not measured: there is nothing to compare it with"
                                    for other in sides if not figures[other]})
                    return row
        shown = ", ".join(f"{side} {table.rate(values[-1])}" for side, values in figures.items()
                          if not isinstance(values, str))
        print(f"{recipe}, {place.ranks} ranks, round {round_} of {arguments.rounds}: {shown}", file=sys.stderr)
    return row


def check_recipes(arguments):
    place = Place(1, arguments.mpirun)
    try:
        problems = [problem for recipe in arguments.recipes
                    for problem in check.check(recipe, arguments.program.resolve(), place)]
    except RunFailed as failure:
        raise SystemExit(f"compare: {failure}")
    if problems:
        raise SystemExit("\n".join(problems))


def machine(device):
    if device == "cuda":
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} cores"


def version():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def read_hosts(file):
    lines = pathlib.Path(file).read_text().splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def places_of(arguments):
    if not arguments.hosts:
        return [Place(ranks, arguments.mpirun, threads=arguments.threads) for ranks in arguments.ranks or [1, 2]]
    hosts, file = read_hosts(arguments.hosts), str(pathlib.Path(arguments.hosts).resolve())
    return [Place(ranks, arguments.mpirun, file, hosts[0], arguments.interface, arguments.threads)
            for ranks in arguments.ranks or [len(hosts)]]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that running jobs are ended
    arguments = parse_arguments()
    if arguments.check:
        check_recipes(arguments)
        return

    places, sides = places_of(arguments), sides_of(arguments)
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"compare: this machine is busy (load average {load:.1f}); wait until it is idle for figures that mean "
              "something", file=sys.stderr)
    rows = [measure_row(recipe, place, arguments, sides) for recipe in arguments.recipes for place in places]
    print(table.render(rows, list(sides)))
    conditions = {"commit": version(), "machine": machine(arguments.device), "load_average_before": load,
                  "rounds": arguments.rounds, "seconds": arguments.seconds}
    if arguments.json:
        record = {"command": shlex.join(["compare", *sys.argv[1:]]), **conditions, "rows": rows}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    if arguments.write_table:
        table.write("hosts" if arguments.hosts else "one-host", conditions, table.render(rows, list(sides)))
    if any(isinstance(row["samples_per_second"].get(side), str) for row in rows for side in REQUIRED):
        raise SystemExit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
