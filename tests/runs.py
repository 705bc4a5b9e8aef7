"""What the tests of jobs look at: the log of a run, and its processes."""
import json
import os
import pathlib


def last_report(run):
    """The last whole line of its log; step 0 before there is one."""
    log = run / "metrics.jsonl"
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    return json.loads(lines[-1]) if lines else {"step": 0}


def last_step(run):
    return last_report(run)["step"]


def processes_with(word, programs=None):
    """Ids of processes, but for this one, with that word in their command line; of these programs, where they are
    named."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(word) in words and (programs is None or words[0] in map(os.fsencode, programs)):
            found.append(int(entry.name))
    return [process for process in found if process != os.getpid()]
