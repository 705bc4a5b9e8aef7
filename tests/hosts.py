#!/usr/bin/env python3
"""tests/hosts.py PROGRAM: jobs on four hosts of launch/test-hosts. They train from shards on disks of their own, and
lose a host while they train. Exits with 77 where hosts cannot be made: they need root and network namespaces."""
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

import numpy

from runs import last_report, last_step, processes_with

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOSTS = ROOT / "launch/test-hosts"
DISK = ROOT / ".toolchain/test-hosts/disk"  # another folder on each host
SECONDS_TO_END = 30


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(77)


def hosts(*words):
    return subprocess.run([HOSTS, *words], capture_output=True, text=True)


def require_hosts():
    if os.geteuid() != 0:
        skip("hosts on one machine need root")
    made = hosts("up", "4", "1000")
    if made.returncode != 0:
        skip(made.stderr.strip() or "launch/test-hosts made no hosts")


def command_on_host1(*words):
    return [str(word) for word in [HOSTS, "run", "host1", *words]]


def on_hosts(*words, environment=None):
    """What a job on all four hosts says, started from host1."""
    return subprocess.run(command_on_host1(*words), capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(environment or {})})


def require_success(what, result):
    if result.returncode != 0:
        sys.exit(f"{what}: exit code {result.returncode}: {result.stdout}{result.stderr}")
    return result.stdout + result.stderr


def settings(**values):
    return [word for key, value in values.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]


def write_digits(folder):
    """256 pictures as MNIST's files have them."""
    random = numpy.random.default_rng(1)
    images = random.integers(0, 256, (256, 28, 28), dtype=numpy.uint8)
    (folder / "images").write_bytes(struct.pack(">4I", 0x803, *images.shape) + images.tobytes())


def state_checksum(text):
    return re.search(r"state checksum (\w+)", text).group(1)


def check_node_local_shards(program, folder):
    """dcgan on four hosts, each with its shards on its own disk and nothing else in common but the program, ends with
    the bits of four ranks on one host. A host that lacks a shard is named."""
    write_digits(folder)
    source, data, run = DISK / "source", DISK / "data", DISK / "run"
    recipe = ["dcgan", *settings(data__path="digits", data__global_batch_size=16, data__order__node__nodes=4,
                                 reproducible__replicas=4, train__steps=6,
                                 gan__generator__network__dcgan_generator__batch_normalization="replica")]
    on_host1 = {"GANYMEDE_DATA": str(source)}
    make = ["dataset", "import", "idx", "--images", folder / "images", "--shards", "8", "--out"]
    subprocess.run([program, *make, folder / "digits"], check=True, capture_output=True)
    require_success("import", on_hosts(program, *make, source / "digits"))
    one_host = subprocess.run([ROOT / "launch/mpirun", "-n", "4", program, "train", *recipe, "--threads", "1", "--run",
                               folder / "one-host"], capture_output=True, text=True,
                              env={**os.environ, "GANYMEDE_DATA": str(folder)})
    staged = require_success("staging", on_hosts(ROOT / "launch/stage", data, "-n", "4", *recipe, environment=on_host1))
    train = [ROOT / "launch/mpirun", "-n", "4", program, "train", *recipe, "--threads", "1"]
    trained = require_success("training", on_hosts(*train, "--stage", data, "--run", run, environment=on_host1))
    print(staged.strip(), trained.strip(), sep="\n")
    if "8 of 8 shards staged" not in staged or "0 of 8 shards staged" not in trained:
        sys.exit("expected shards that are staged once")
    if state_checksum(trained) != state_checksum(require_success("one host", one_host)):
        sys.exit(f"expected the bits of one host: {one_host.stdout}")
    on_host3 = sorted(file.name for file in (DISK.parent / "disks/host3/data/digits").glob("*.h5"))
    if on_host3 != ["shard_00004.h5", "shard_00005.h5"]:
        sys.exit(f"host3 has {on_host3}; expected the third pair of shards")
    (DISK.parent / "disks/host3/data/digits/shard_00004.h5").unlink()
    lacking = on_hosts(*train, "--run", DISK / "other", environment={"GANYMEDE_DATA": str(data)})
    if lacking.returncode != 3 or "shard_00004.h5" not in lacking.stderr or "on host3" not in lacking.stderr:
        sys.exit(f"expected an error that names host3 and its shard: {lacking.returncode}: {lacking.stderr}")
    print(lacking.stderr.strip())


def await_step(run, step, job):
    end = time.monotonic() + 60
    while time.monotonic() < end and job.poll() is None:
        if last_step(run) >= step:
            return
        time.sleep(0.1)
    sys.exit(f"no step {step} after a minute: {job.communicate(timeout=5) if job.poll() is not None else 'no end'}")


def processes_of(host, run):
    """Of the job in that run folder, on that host."""
    prefix = (DISK.parent / "prefix").read_text().strip()
    there = subprocess.run(["ip", "netns", "pids", f"{prefix}-{host}"], capture_output=True, text=True).stdout.split()
    return set(there) & set(map(str, processes_with(run)))


def check_a_lost_host(program, folder):
    """A job that loses a host says so within half a minute, leaves nothing running on any host, and goes on with the
    other three to the result that it would have had."""
    run, whole, steps = folder / "run", folder / "whole", 600
    said, environment = folder / "errors", {**os.environ, "GANYMEDE_DATA": str(folder)}
    train = [program, "train", "remedy-none", "--threads", "1",
             *settings(precision="float64", train__steps=steps, train__report_every=10, train__checkpoint_every=50)]
    subprocess.run([program, "dataset", "make", "ring", "--out", folder / "ring"], check=True, capture_output=True)
    job = subprocess.Popen(command_on_host1(ROOT / "launch/mpirun", "--restarts", "1", "--shrink", "-n", "4", *train, "--run",
                                            run, "--resume"),
                           stdout=subprocess.PIPE, stderr=said.open("w"), text=True, env=environment)
    try:
        await_step(run, 60, job)
        hosts("cut", "host3")
        begin = time.monotonic()
        while processes_of("host3", run) or "host3 does not answer any more" not in said.read_text():
            if time.monotonic() - begin > SECONDS_TO_END:
                sys.exit(f"{SECONDS_TO_END} s after the cut host3 runs {processes_of('host3', run)}: {said.read_text()}")
            time.sleep(0.2)
        print(f"noticed {time.monotonic() - begin:.0f} s after the cut")
        output, _ = job.communicate(timeout=120)
    finally:
        if job.poll() is None:
            job.send_signal(signal.SIGKILL)
        hosts("mend", "host3")
    errors = said.read_text()
    print(f"ended {time.monotonic() - begin:.0f} s after the cut, exit code {job.returncode}: {errors.strip()}")
    for words in ["starting again without host3", "3 ranks"]:
        if job.returncode != 0 or words not in output + errors:
            sys.exit(f"expected success, and the words '{words}'; exit code {job.returncode}: {output}{errors}")
    if left := processes_with(str(run)):
        sys.exit(f"processes {left} are left")
    subprocess.run([*map(str, train), "--run", whole], check=True, capture_output=True, env=environment)
    found, expected = last_report(run), last_report(whole)
    for key in ("step", "generator_loss", "discriminator_loss"):
        if abs(found[key] - expected[key]) > 1e-6 * abs(expected[key]):
            sys.exit(f"{key} is {found[key]}; expected {expected[key]} as in an uninterrupted run")


if __name__ == "__main__":
    require_hosts()
    try:
        with tempfile.TemporaryDirectory() as folder:
            check_node_local_shards(sys.argv[1], pathlib.Path(folder))
            check_a_lost_host(sys.argv[1], pathlib.Path(folder))
    finally:
        hosts("down")
