"""Where the two programs run, and how a job of theirs is started and ended."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRACE_SECONDS = 120  # on top of what a run should take
END_SECONDS = 15


class RunFailed(Exception):
    """A job of either side ended badly; the message is for the user."""


@dataclass(frozen=True)
class Place:
    """The ranks: on this machine, or, with a host file, on several hosts that share the checkout's folder."""
    ranks: int
    mpirun: str
    hostfile: str | None = None
    first_host: str | None = None
    interface: str | None = None  # of the network between the hosts
    threads: int = 1  # of each rank

    def mpirun_command(self):
        command = [self.mpirun, "-n", str(self.ranks)]
        if self.hostfile:
            command += ["--hostfile", self.hostfile, "--map-by", "node"]
            command += ["-x", "GANYMEDE_DATA"] if "GANYMEDE_DATA" in os.environ else []
        return command


def last_words(text):
    """The line that says why, of what a job wrote to its standard error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error: " in line or line.startswith("ganymede: ")]
    return (errors or lines or ["it said nothing"])[-1]


class Process:
    """A program with a session of its own, and files for what it says."""

    def __init__(self, words, environment):
        self.output, self.errors = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        self.popen = subprocess.Popen([str(word) for word in words], env=environment, cwd=ROOT, stdout=self.output,
                                      stderr=self.errors, start_new_session=True)

    def read(self, file):
        file.seek(0)
        return file.read()

    def end(self):
        """SIGTERM, which launch/mpirun turns into an orderly end; then SIGKILL to all that is left of the session."""
        if self.popen.poll() is not None:
            return
        os.killpg(self.popen.pid, signal.SIGTERM)
        try:
            self.popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            for process in processes_of_session(self.popen.pid):
                os.kill(process, signal.SIGKILL)
            self.popen.wait()


def processes_of_session(session):
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # state, parent, group, session
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == session:
            yield int(stat.parent.name)


def run_job(commands, seconds):
    """Runs programs side by side, each (words, variables), and returns their standard outputs joined; the first that
    fails ends the others."""
    # Both sides set their threads themselves.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    processes = []
    deadline = time.monotonic() + seconds + GRACE_SECONDS
    failed = None
    try:
        for words, variables in commands:
            processes.append(Process(words, {**environment, **variables}))
        while not failed and any(process.popen.poll() is None for process in processes):
            failed = next((process for process in processes if process.popen.poll()), None)
            if time.monotonic() > deadline:
                raise RunFailed(f"not done after {seconds + GRACE_SECONDS:.0f} s: {' '.join(map(str, commands[0][0]))}")
            time.sleep(0.1)
    finally:
        for process in processes:
            process.end()
    failed = failed or next((process for process in processes if process.popen.returncode), None)
    if failed:
        code = failed.popen.returncode
        how = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
        raise RunFailed(f"{last_words(failed.read(failed.errors))} ({how})")
    return "".join(process.read(process.output) for process in processes)
