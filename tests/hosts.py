#!/usr/bin/env python3
"""tests/hosts.py PROGRAM: a job on four hosts of launch/test-hosts, of which one is cut off while it trains. Exits with
77 where hosts cannot be made: they need root and network namespaces."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOSTS = ROOT / "launch/test-hosts"
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


def await_step(run, step, job):
    metrics = run / "metrics.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and job.poll() is None:
        lines = metrics.read_text().splitlines() if metrics.exists() else []
        if lines and json.loads(lines[-1])["step"] >= step:
            return
        time.sleep(0.2)
    sys.exit(f"no step {step} after a minute: {job.communicate(timeout=5) if job.poll() is not None else 'no end'}")


def processes_with(word):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in words and int(entry.parent.name) != os.getpid():
            found.append(entry.parent.name)
    return found


def check_a_lost_host(program, folder):
    """The job ends within half a minute, names the host, and leaves nothing running on any host; what it had saved goes
    on where it was."""
    run = folder / "run"
    train = [HOSTS, "run", "host1", ROOT / "launch/mpirun", "-n", "4", program, "train"]
    settings = ["--set", "train.report_every=10", "--set", "train.checkpoint_every=50", "--set", "train.keep=1"]
    environment = {**os.environ, "GANYMEDE_DATA": str(folder)}
    subprocess.run([program, "dataset", "make", "ring", "--out", folder / "ring"], check=True, capture_output=True)
    job = subprocess.Popen([str(word) for word in
                            [*train, "remedy-none", "--run", run, *settings, "--set", "train.steps=1000000"]],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        await_step(run, 60, job)
        hosts("cut", "host3")
        begin = time.monotonic()
        _, errors = job.communicate(timeout=SECONDS_TO_END)
        print(f"ended {time.monotonic() - begin:.0f} s after the cut, exit code {job.returncode}: {errors.strip()}")
    except subprocess.TimeoutExpired:
        sys.exit(f"the job goes on {SECONDS_TO_END} s after host3 was cut off")
    finally:
        if job.poll() is None:
            job.send_signal(signal.SIGKILL)
    if job.returncode in (0, 75) or "host3 does not answer" not in errors:
        sys.exit(f"expected a failure that names host3; exit code {job.returncode}: {errors}")
    while left := processes_with(str(run)):
        if time.monotonic() - begin > SECONDS_TO_END:
            sys.exit(f"processes {left} still run {SECONDS_TO_END} s after the cut")
        time.sleep(0.5)
    step = max(int(folder.name.split("_")[1]) for folder in (run / "checkpoints").glob("step_*"))
    hosts("mend", "host3")
    resumed = subprocess.run([str(word) for word in
                              [*train, "--run", run, "--resume", "--set", f"train.steps={step + 10}"]],
                             capture_output=True, text=True, env=environment)
    if resumed.returncode != 0 or f"resuming at step {step}" not in resumed.stderr + resumed.stdout:
        sys.exit(f"expected a run that resumes at step {step}; exit code {resumed.returncode}: "
                 f"{resumed.stdout}{resumed.stderr}")


if __name__ == "__main__":
    require_hosts()
    try:
        with tempfile.TemporaryDirectory() as folder:
            check_a_lost_host(sys.argv[1], pathlib.Path(folder))
    finally:
        hosts("down")
