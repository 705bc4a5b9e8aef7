"""Writes datasets of samples that no picture shows as they are. Usage: write_unusual_datasets.py FOLDER."""
import json
import pathlib
import sys
import zlib

import h5py
import numpy


def write(folder, key, samples, meaning):
    folder.mkdir()
    file = folder / "shard_00000.h5"
    with h5py.File(file, "w") as shard:
        shard[key] = samples
        shard.attrs["format_version"] = 1
        shard.attrs["samples"] = len(samples)
    data = file.read_bytes()
    (folder / "index.json").write_text(json.dumps({
        "format": "ganymede-dataset", "version": 1, "samples": len(samples), key: meaning, "rows_per_chunk": 16,
        "shards": [{"file": file.name, "samples": len(samples), "bytes": len(data), "crc32": zlib.crc32(data)}]}))


root = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(1)
for dimensions in (1, 3, 30):
    write(root / f"points{dimensions}", "points", random.normal(size=(64, dimensions)).astype("f4"),
          {"dimensions": dimensions})
for channels in (2, 4):
    write(root / f"channels{channels}", "images", random.integers(0, 256, (64, channels, 8, 8)).astype("u1"),
          {"channels": channels, "height": 8, "width": 8})
