#!/usr/bin/env python3
"""Builds the program with kernels for NVIDIA GPUs in build/cuda, where the machine has what that needs, and looks for the
kernels in it; likewise the tests of a GPU. No GPU is needed, and none is used, but by --run.

    tests/cuda_build.py          # builds
    tests/cuda_build.py --run    # runs the tests of a GPU that it has built

Exits with 77, which ctest counts as skipped, where the CUDA toolkit or LibTorch's CUDA libraries are missing; with --run
where there is no GPU.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/cuda"
TESTS = BUILD / "tests/ganymede_gpu_tests"
SKIPPED = 77
# What runs at each index, for float and double.
KERNELS = ["AdamAt", "RmspropAt", "MomentumAt", "BiasActivationAt", "ActivationBackwardAt", "ActivationBackwardSums", "LstmCellAt",
           "LstmCellBackwardAt", "LogitLossSum", "RandomBlockAt", "DropoutBlockAt"]


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


def run_tests():
    if not TESTS.exists():
        skip(f"no {TESTS.relative_to(ROOT)}; tests/cuda_build.py makes it where there are an nvcc and libtorch_cuda.so")
    sys.exit(subprocess.run([TESTS]).returncode)


if __name__ == "__main__":
    if sys.argv[1:] == ["--run"]:
        run_tests()
    nvcc = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if not nvcc:
        skip("no nvcc; the CUDA toolkit 13.0 has it")
    libtorch = libtorch_with_cuda()
    if not libtorch:
        skip("no libtorch_cuda.so; launch/setup --cuda brings it")
    # One kind of GPU is enough to see that all compiles, and warnings end it as in CI's other build.
    run("cmake", "--preset", "cuda", "-DGANYMEDE_TESTS=ON", f"-DGANYMEDE_LIBTORCH={libtorch}",
        "-DCMAKE_CUDA_ARCHITECTURES=90", "-DGANYMEDE_WARNINGS_AS_ERRORS=ON")
    run("cmake", "--build", "--preset", "cuda", "--target", "ganymede", "ganymede_gpu_tests",
        "ganymede_gpu_nccl_tests", "ganymede_step_bench")
    program = BUILD / "ganymede"
    if "libtorch_cuda.so" not in run("readelf", "--dynamic", program):
        sys.exit(f"{program} does not need libtorch_cuda.so; expected it to be loaded with the program")
    names = run("nm", "--demangle", program)
    missing = [kernel for kernel in KERNELS if not re.search(rf"run_(at_each|sums)<[^()]*ganymede::{kernel}<", names)]
    if missing:
        sys.exit(f"{program} has no kernels for {missing}")
