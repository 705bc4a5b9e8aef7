#!/usr/bin/env python3
"""tests/disk_full.py PROGRAM: a run on a disk that is full after 0, 4, 8, ... KB more, until there is room for the next
checkpoint, and on one that is read-only. It never crashes, says why it ends in one line, with exit code 1 or, on the
read-only one, 2, and goes on from the newest whole checkpoint once there is room. Exits with 77 where no file system can be mounted: that needs root."""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

PAGE = 4096
AT_MOST = 4 << 20  # of room: something else is wrong where a checkpoint needs more


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(77)


def ganymede(*words):
    return subprocess.run([str(word) for word in (program, *words)], capture_output=True, text=True, timeout=120)


def require_success(what, result):
    if result.returncode != 0:
        sys.exit(f"{what}: exit code {result.returncode}: {result.stdout}{result.stderr}")


def require_one_clear_error(where, result, code, words):
    errors = [line for line in result.stderr.splitlines() if line.startswith("ganymede: ")]
    if result.returncode != code or len(errors) != 1 or words not in errors[0]:
        sys.exit(f"{where}: exit code {result.returncode}; expected {code} and one line with {words}:\n"
                 f"{result.stdout}{result.stderr}")
    return errors[0]


def newest():
    """The step of the newest checkpoint, all of which are whole."""
    verified = ganymede("checkpoint", "verify", run)
    require_success("verify", verified)
    return int(verified.stdout.partition(":")[0].removeprefix("step_"))


def remount(options):
    done = subprocess.run(["mount", "-o", f"remount,{options}", disk], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"mount: {done.stderr}")


def used():
    status = os.statvfs(disk)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def restore():
    remount(f"rw,size={64 << 20}")
    shutil.rmtree(run)
    shutil.copytree(kept, run)


def resume():
    return ganymede("train", "--resume", "--run", run, "--threads", "1", "--set", "train.steps=4")


def make_run(folder):
    (folder / "images").write_bytes(struct.pack(">4I", 0x803, 64, 28, 28) + bytes(range(256)) * 196)
    require_success("import", ganymede("dataset", "import", "idx", "--images", folder / "images", "--out", folder / "data"))
    small = [word for network in ("generator", "discriminator")
             for word in ("--set", f"gan.{network}.network.mlp.hidden_sizes=[3]")]
    require_success("train", ganymede("train", "mlp", "--run", run, "--threads", "1", "--set", "data.global_batch_size=16",
                                      "--set", f"data.path={folder / 'data'}", "--set", "train.steps=2", *small,
                                      "--set", "train.report_every=1"))
    shutil.copytree(run, kept)


def check_full_disk():
    refusals, room = {}, 0
    while True:
        restore()
        remount(f"size={(used() + room + PAGE - 1) // PAGE * PAGE}")
        result = resume()
        if result.returncode == 0:
            break
        error = require_one_clear_error(f"{room} bytes of room", result, 1, "No space left")
        kind = re.sub(r"(\.tmp|run\.lock\.)[\w.-]+", r"\1", error.replace(f"{run}/", "")).partition(" (")[0]
        remount(f"size={64 << 20}")
        if (step := newest()) not in (2, 4):
            sys.exit(f"{room} bytes of room left a checkpoint of step {step}")
        if kind not in refusals:
            require_success(f"resume with room again after {room} bytes", resume())
        refusals[kind] = room
        room += PAGE
        if room > AT_MOST:
            sys.exit(f"still no room: {error}")
    if newest() != 4 or not any("checkpoint" in refusal for refusal in refusals):
        sys.exit(f"expected checkpoints that find no room, then one of step 4: {refusals}")
    print(f"{room // PAGE} sizes of a full disk, each with one error and the checkpoint before it:")
    for refusal, last in refusals.items():
        print(f"  to {last // 1024} KB: {refusal}")


def check_read_only():
    restore()
    remount("ro")
    print("read-only:", require_one_clear_error("read-only", resume(), 2, "Read-only"))
    remount("rw")
    if newest() != 2:
        sys.exit("the checkpoint of a read-only run is not what it was")
    require_success("resume once it is writable", resume())


program = pathlib.Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as made:
    disk = pathlib.Path(made) / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={64 << 20}", "tmpfs", disk], capture_output=True,
                             text=True)
    if mounted.returncode != 0:
        skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        run, kept = disk / "run", pathlib.Path(made) / "kept"
        make_run(pathlib.Path(made))
        check_full_disk()
        check_read_only()
    finally:
        subprocess.run(["umount", disk], check=True)
