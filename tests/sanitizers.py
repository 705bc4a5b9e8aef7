#!/usr/bin/env python3
"""Builds tests with a sanitizer in build/asan or build/tsan and runs them: address (with undefined behaviour) where files
of others become memory, thread where threads work.

    tests/sanitizers.py address|thread [OPTION of the tests, as --gtest_filter=BatchLoading.*]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESETS = {"address": "asan", "thread": "tsan"}
SYMBOLIZER = "/usr/lib/llvm-16/bin/llvm-symbolizer"
# The first report ends the tests. Memory that is not there is a case of theirs. Leaks cannot be looked for everywhere
# (it takes ptrace), and HDF5 keeps blocks for later.
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:allocator_may_return_null=1"
                    f":suppressions={ROOT}/tests/thread_sanitizer.txt",
    # Threads of libgomp synchronise in ways that no sanitizer knows.
    "OMP_NUM_THREADS": "1",
    # Reports, and what is not to be reported, have names.
    **{f"{tool}_SYMBOLIZER_PATH": SYMBOLIZER for tool in ("ASAN", "UBSAN", "TSAN")},
}


def without_random_addresses():
    """Those of newer kernels lie where the thread sanitizer wants its own memory."""
    command = ["setarch", "-R"]
    return command if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []


def run(*command, **options):
    if (code := subprocess.run([str(word) for word in command], cwd=ROOT, **options).returncode) != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {code}")


def run_halves(tests):
    """Of the tests side by side; their reports one after the other. 0, or the exit code of one that failed."""
    halves = []
    for half in ("0", "1"):
        report = tempfile.TemporaryFile()
        environment = os.environ | OPTIONS | {"GTEST_TOTAL_SHARDS": "2", "GTEST_SHARD_INDEX": half}
        halves.append((report, subprocess.Popen(tests, cwd=ROOT, env=environment, stdout=report, stderr=report)))
    codes = [process.wait() for _, process in halves]
    for report, _ in halves:
        report.seek(0)
        sys.stdout.buffer.write(report.read())
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PRESETS:
        sys.exit(__doc__)
    preset = PRESETS[sys.argv[1]]
    run("cmake", "--preset", preset, stdout=subprocess.DEVNULL)
    run("cmake", "--build", "--preset", preset, "--target", "ganymede_tests")
    sys.exit(run_halves([*without_random_addresses(), ROOT / "build" / preset / "tests/ganymede_tests", "--gtest_brief=1",
                         *sys.argv[2:]]))
