"""A run's checkpoint as Python sees it: `safetensors` reads the weights, and a PyTorch twin of the generator draws
from them what `ganymede sample` draws, to one grey level.

    checkpoint_in_python.py PROGRAM weights        # needs the package safetensors
    checkpoint_in_python.py PROGRAM twin RECIPE    # mlp or dcgan; needs PyTorch, too

Exits with 77, which ctest counts as skipped, where a package is missing.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(SOURCE / ".toolchain" / "python"), str(pathlib.Path(__file__).parent)]

SKIPPED = 77
SIDE, COUNT = 28, 16

try:
    import numpy as np
    import safetensors.numpy
except ImportError as missing:
    print(f"skipped: {missing}; launch/setup installs it")
    sys.exit(SKIPPED)


def run(program, *words, folder):
    done = subprocess.run([program, *map(str, words)], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words[0]} ended with {done.returncode}: {done.stderr}")


def train(program, recipe, folder):
    """Three steps on random images; returns the folder of the run."""
    images = np.random.default_rng(1).integers(0, 256, (64, SIDE, SIDE), dtype="uint8")
    (folder / "images").write_bytes(struct.pack(">IIII", 0x803, *images.shape) + images.tobytes())
    run(program, "dataset", "import", "idx", "--images", "images", "--out", "data", folder=folder)
    run(program, "train", SOURCE / "experiments" / recipe / "recipe.yaml", "--run", "run", "--threads", "1", "--set",
        f"data.path={folder / 'data'}", "--set", "data.global_batch_size=16", "--set", "train.steps=3", folder=folder)
    return folder / "run"


def read_png(path):
    """Grey levels [height, width] of an 8-bit grey PNG. (RFC 2083, section 6: filters.)"""
    data, place, packed = path.read_bytes(), 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 0), f"{depth} bits, colour type {colour}"
        packed += body if kind == b"IDAT" else b""
        place += 12 + length
    rows = np.frombuffer(zlib.decompress(packed), "uint8").reshape(height, width + 1)
    picture = np.zeros((height + 1, width + 1), int)  # a row and a column of zeros in front
    for y, (kind, *row) in enumerate(rows.tolist(), start=1):
        for x, value in enumerate(row, start=1):
            left, up, corner = picture[y, x - 1], picture[y - 1, x], picture[y - 1, x - 1]
            paeth = min((left, up, corner), key=lambda near: abs(left + up - corner - near))
            picture[y, x] = (value + (0, left, up, (left + up) // 2, paeth)[kind]) % 256
    return picture[1:, 1:]


def images_of_grid(grid):
    """A grid of COUNT images in a square: 2 pixels between them, all enlarged by a whole factor."""
    columns = int(COUNT ** 0.5)
    factor = grid.shape[1] // (2 + columns * (SIDE + 2))
    grid = grid[::factor, ::factor]
    at = lambda i: 2 + i * (SIDE + 2)
    return np.stack([grid[at(i // columns):at(i // columns) + SIDE, at(i % columns):at(i % columns) + SIDE]
                     for i in range(COUNT)])


def check_weights(program, folder):
    run_folder = train(program, "mlp", folder)
    state = safetensors.numpy.load_file(run_folder / "checkpoints" / "step_00000003" / "state.safetensors")
    # Checkpoints are read by their names: another name or shape is another version of the format.
    sizes = {"generator": (100, 256, 512, 784), "discriminator": (784, 512, 256, 1)}
    expected = {f"{player}/optimizer/steps": (1,) for player in sizes}
    for player, layers in sizes.items():
        for kind in ("parameters", "optimizer/first_moment", "optimizer/second_moment"):
            for i, (ins, outs) in enumerate(zip(layers, layers[1:])):
                expected[f"{player}/{kind}/layers.{i}.weight"] = (outs, ins)
                expected[f"{player}/{kind}/layers.{i}.bias"] = (outs,)
    found = {name: value.shape for name, value in state.items()}
    assert found == expected, set(found.items()) ^ set(expected.items())
    assert state["generator/optimizer/steps"] == 3
    assert all(np.isfinite(value).all() for value in state.values())


def check_twin(program, recipe, folder):
    try:
        import torch
        from safetensors.torch import load_file
    except ImportError as missing:
        print(f"skipped: {missing}; experiments/benchmarks/setup_pytorch installs it")
        sys.exit(SKIPPED)
    from adversarial_reference import MlpGenerator
    from random_streams import NetworkId, Purpose, RandomStream, StreamId, draw_normal
    from reference_networks import DcganGenerator, Where

    run_folder = train(program, recipe, folder)
    run(program, "sample", run_folder, "--count", COUNT, "--out", "grid.png", folder=folder)
    ours = images_of_grid(read_png(folder / "grid.png"))

    state = load_file(run_folder / "checkpoints" / "step_00000003" / "state.safetensors")
    twin = MlpGenerator() if recipe == "mlp" else DcganGenerator((1, SIDE, SIDE), {"noise_size": 100})
    weights = {}
    for name, value in state.items():
        player, kind, *rest = name.split("/")
        if player == "generator" and kind in ("parameters", "buffers"):
            weights[rest[0]] = value
    missing = twin.load_state_dict(weights, strict=False)
    untracked = [name for name in missing.missing_keys if not name.endswith("num_batches_tracked")]
    assert not untracked and not missing.unexpected_keys, missing
    noise = draw_normal(RandomStream(1, StreamId(Purpose.SAMPLE, NetworkId.GENERATOR), 0), 0, (COUNT, 100), "float32")
    with torch.no_grad():
        drawn = twin.eval()(torch.from_numpy(noise), Where(0, 0))
    theirs = ((drawn.double() + 1) * 127.5).round().clamp(0, 255).numpy()[:, 0]
    difference = np.abs(ours - theirs).max()
    assert ours.std() > 1, "an empty picture"
    assert difference <= 1, f"{recipe}: pixels differ by {difference}"
    print(f"{recipe}: {COUNT} images, largest difference {difference:g} grey levels")


def main(program, what, *recipe):
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        if what == "weights":
            check_weights(program, pathlib.Path(folder))
        else:
            check_twin(program, *recipe, pathlib.Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
