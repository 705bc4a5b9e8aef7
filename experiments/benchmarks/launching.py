"""Where the two programs run, and how a job of theirs is started and ended."""
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRACE_SECONDS = 120  # on top of what a run should take


class RunFailed(Exception):
    """A job of either side ended badly; the message is for the user."""


@dataclass(frozen=True)
class Place:
    """The ranks: on this machine, or, with a host file, on several hosts that share the checkout's folder."""
    ranks: int
    mpirun: str
    hostfile: str | None = None
    interface: str | None = None  # of the network between the hosts

    def mpirun_command(self):
        command = [self.mpirun, "-n", str(self.ranks)]
        if self.hostfile:
            command += ["--hostfile", self.hostfile, "--map-by", "node", "-x", "OMP_NUM_THREADS"]
            command += ["-x", "GANYMEDE_DATA"] if "GANYMEDE_DATA" in os.environ else []
        return command

    def first_host(self):
        lines = [line.split() for line in pathlib.Path(self.hostfile).read_text().splitlines()]
        return next(words[0] for words in lines if words and not words[0].startswith("#"))


def last_words(text):
    """The line that says why, of what a job wrote to its standard error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error: " in line or line.startswith("ganymede: ")]
    return (errors or lines or ["it said nothing"])[-1]


def run_job(commands, seconds):
    """Runs processes side by side and returns their standard outputs joined; the first that fails ends the others."""
    processes = [subprocess.Popen([str(word) for word in words], env=environment, cwd=ROOT, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                 for words, environment in commands]
    deadline = time.monotonic() + seconds + GRACE_SECONDS
    try:
        while any(process.poll() is None for process in processes):
            if any(process.returncode for process in processes):
                break
            if time.monotonic() > deadline:
                raise RunFailed(f"not done after {seconds + GRACE_SECONDS:.0f} s: {' '.join(map(str, commands[0][0]))}")
            time.sleep(0.1)
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    outputs = [process.communicate() for process in processes]
    for process, (_, errors) in zip(processes, outputs):
        if process.returncode > 0:
            raise RunFailed(f"{last_words(errors)} (exit code {process.returncode})")
    return "".join(output for output, _ in outputs)
