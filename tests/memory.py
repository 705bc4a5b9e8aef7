#!/usr/bin/env python3
"""tests/memory.py PROGRAM

Commands hold a piece of what they read or draw: the peak of their resident memory is the same for eight times as
much. Of folders and of files with captions they hold a list, some hundred bytes a sample."""
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from cli.write_domains import write_png

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMES = 8
SLACK_MIB = 20  # a peak repeats within some MiB; TIMES as much takes 25 to 100 more where it is held
TRAIN = ["--threads", "1", "--set", "train.steps=2", "--set", "train.measure_every=none", "--set", "data.held_out=[]"]


def peak_mib(*words):
    command = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = command.stderr.read().decode()
    _, status, usage = os.wait4(command.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, words))}: {errors}")
    return usage.ru_maxrss / 1024


def write_square(file, shade, side=128):
    write_png(file, [bytes([shade]) * side] * side, 1)


def write_idx(folder, count):
    with open(folder / "images", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, 28, 28))
        for _ in range(count):
            file.write(bytes(784))
    (folder / "labels").write_bytes(struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))
    return ["idx", "--images", folder / "images", "--labels", folder / "labels"]


def write_csv(folder, count):
    with open(folder / "table", "w") as file:
        for i in range(count):
            file.write(f"{i % 10}," + ",".join([str(i % 256)] * 784) + "\n")
    return ["csv", folder / "table", "--height", "28", "--width", "28", "--label-column", "first"]


def write_cifar10(folder, count):
    with open(folder / "data", "wb") as file:
        for i in range(count):
            file.write(bytes([i % 10]) + bytes(3072))
    return ["cifar10", folder, "--files", "data"]


def write_text(folder, count):
    letters = random.Random(1)
    with open(folder / "text", "w") as file:
        for _ in range(count):
            file.write("".join(letters.choices("abcdefgh", k=200)) + "\n")
    return ["text", folder / "text", "--units", "characters"]


def write_pictures(folder, count):
    for kind in range(10):
        (folder / str(kind)).mkdir()
    for i in range(count):
        write_square(folder / str(i % 10) / f"{i}.png", i % 256)
    return ["folder", folder, "--height", "128", "--width", "128"]


def write_captions(folder, count):
    (folder / "images").mkdir()
    for i in range(count):
        write_square(folder / "images" / f"{i}.png", i % 256)
    (folder / "captions.json").write_text(json.dumps({
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(count)],
        "annotations": [{"id": i, "image_id": i, "caption": f"a grey square {i % 7}"} for i in range(count)]}))
    return ["coco", "--captions", folder / "captions.json", "--images", folder / "images", "--height", "128", "--width",
            "128"]


# How many samples at first, of what.
IMPORTS = [(10000, write_idx), (6000, write_csv), (4000, write_cifar10), (10000, write_text), (150, write_pictures),
           (150, write_captions)]


def measure_import(program, count, write):
    with tempfile.TemporaryDirectory() as temporary:
        inputs = pathlib.Path(temporary) / "inputs"
        inputs.mkdir()
        return peak_mib(program, "dataset", "import", *write(inputs, count), "--out", pathlib.Path(temporary) / "out")


def measure_command(program, words, count, ending):
    with tempfile.TemporaryDirectory() as temporary:
        words = [str(word).replace("COUNT", str(count)) for word in words]
        out = ["--out", f"{temporary}/out{ending}"] if ending is not None else []
        return peak_mib(program, *words, *out)


def compare(name, measure, count):
    few, many = measure(count), measure(TIMES * count)
    for _ in range(2):  # what is held is there each time; what the allocator keeps is not
        if many >= few + SLACK_MIB:
            many = min(many, measure(TIMES * count))
    print(f"{name:28} {count:8} {few:7.1f} MiB {TIMES * count:8} {many:7.1f} MiB", flush=True)
    return [] if many < few + SLACK_MIB else [name]


def main():
    program = sys.argv[1]
    grown = []
    for count, write in IMPORTS:
        grown += compare(f"import {write.__name__[6:]}", lambda n, write=write: measure_import(program, n, write), count)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        subprocess.run([program, "dataset", "import", *map(str, write_idx(folder, 5000)), "--out", folder / "digits"],
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run([program, "dataset", "make", "ring", "--samples", "5000", "--out", folder / "ring"], check=True,
                       stdout=subprocess.DEVNULL)
        for recipe, data in [("cgan", "digits"), ("remedy-none", "ring")]:
            subprocess.run([program, "train", ROOT / "experiments" / recipe / "recipe.yaml", "--run", folder / recipe,
                            "--set", f"data.path={folder / data}", *TRAIN], check=True, stdout=subprocess.DEVNULL)
        digits, ring = folder / "cgan", folder / "remedy-none"
        for name, count, words, ending in [
                ("make ring", 500000, ["dataset", "make", "ring", "--samples", "COUNT"], ""),
                ("make stacked-digits", 5000,
                 ["dataset", "make", "stacked-digits", "--source", folder / "digits", "--samples", "COUNT"], ""),
                ("make random-sequences", 250000, ["dataset", "make", "random-sequences", "--samples", "COUNT"], ""),
                ("sample, a grid", 1250, ["sample", digits, "--count", "COUNT"], ".png"),
                ("evaluate, images", 5000, ["evaluate", digits, "--samples", "COUNT"], None),
                ("evaluate, points", 125000, ["evaluate", ring, "--samples", "COUNT"], None)]:
            grown += compare(name, lambda n, w=words, e=ending: measure_command(program, w, n, e), count)
    if grown:
        sys.exit(f"these need more memory for more: {', '.join(grown)}")


if __name__ == "__main__":
    main()
