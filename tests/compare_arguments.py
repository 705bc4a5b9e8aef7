#!/usr/bin/env python3
"""What experiments/benchmarks/compare refuses of GPUs before it measures anything, where there is none.

    tests/compare_arguments.py

Exits with 77, which ctest counts as skipped, without the PyTorch of experiments/benchmarks/setup_pytorch, or where it
sees a GPU.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".toolchain/pytorch/bin/python"
BENCHMARKS = ROOT / "experiments/benchmarks"
REFUSED = [  # (words, what is said of them)
    (["compare.py", "--device", "cuda", "--ranks", "1"], "sees 0 GPUs, expected 1"),
    (["compare.py", "--device", "cuda", "--write-table"], "goes with neither --write-table nor --hosts"),
    (["compare.py", "--step-bench", sys.executable], "use it with --ranks 1"),
    (["compare.py", "--step-bench", "/nowhere", "--ranks", "1"], "/nowhere is missing"),
    (["ddp/train.py", "mlp", "--batch", "4", "--seconds", "1", "--noise", "--device", "cuda"], "sees 0 GPUs"),
]


def run(*words):
    return subprocess.run([PYTHON, *words], capture_output=True, text=True)


if __name__ == "__main__":
    if not PYTHON.exists() or run("-c", "import torch; assert torch.cuda.device_count() == 0").returncode:
        print("skipped: no PyTorch of experiments/benchmarks/setup_pytorch, or a GPU")
        sys.exit(77)
    problems = []
    for (program, *words), expected in REFUSED:
        done = run(BENCHMARKS / program, *words)
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if done.returncode == 0 or expected not in last:
            problems.append(f"{program} {' '.join(words)}: exit {done.returncode}, '{last}'; expected '{expected}'")
    trained = run(BENCHMARKS / "ddp/train.py", "cyclegan", "--batch", "2", "--seconds", "0.1", "--noise")
    if trained.returncode or "samples_per_second" not in trained.stdout:
        problems.append(f"ddp/train.py --noise: exit {trained.returncode}, '{trained.stderr[-500:]}'")
    sys.exit("\n".join(problems) or 0)
