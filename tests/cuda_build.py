#!/usr/bin/env python3
"""Builds the program with kernels for NVIDIA GPUs in build/cuda, where the machine has what that needs, and looks for the
kernels in it. No GPU is needed, and none is used.

    tests/cuda_build.py

Exits with 77, which ctest counts as skipped, where the CUDA toolkit or LibTorch's CUDA libraries are missing.
"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
# What runs at each index, for float and double.
KERNELS = ["AdamAt", "RmspropAt", "MomentumAt", "BiasActivationAt", "ActivationBackwardAt", "LstmCellAt",
           "LstmCellBackwardAt", "LogitLossAt", "RandomBlockAt", "DropoutBlockAt"]


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def run(*command):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def libtorch_with_cuda():
    """That of launch/setup --cuda, else the one that the benchmarks' PyTorch brings."""
    candidates = [ROOT / ".toolchain/libtorch",
                  *(ROOT / ".toolchain/pytorch/lib").glob("python*/site-packages/torch")]
    return next((folder for folder in candidates if (folder / "lib/libtorch_cuda.so").exists()), None)


if __name__ == "__main__":
    nvcc = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if not nvcc:
        skip("no nvcc; the CUDA toolkit 13.0 has it")
    libtorch = libtorch_with_cuda()
    if not libtorch:
        skip("no libtorch_cuda.so; launch/setup --cuda brings it")
    run("cmake", "--preset", "cuda", "-DGANYMEDE_TESTS=OFF", f"-DGANYMEDE_LIBTORCH={libtorch}")
    run("cmake", "--build", "--preset", "cuda", "--target", "ganymede")
    program = ROOT / "build/cuda/ganymede"
    if "libtorch_cuda.so" not in run("readelf", "--dynamic", program):
        sys.exit(f"{program} does not need libtorch_cuda.so; expected it to be loaded with the program")
    names = run("nm", "--demangle", program)
    missing = [kernel for kernel in KERNELS if f"run_at_each<ganymede::{kernel}<" not in names]
    if missing:
        sys.exit(f"{program} has no kernels for {missing}")
