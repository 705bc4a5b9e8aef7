"""Reads a dataset as another program would: datasets/FORMAT.md, json, zlib and h5py, nothing of Ganymede.

Usage: read_dataset.py FOLDER SAMPLES. The pixels must be those of tests/data/small_dataset.hpp.
"""
import json
import pathlib
import sys
import zlib

import h5py
import numpy

folder, samples = pathlib.Path(sys.argv[1]), int(sys.argv[2])
index = json.loads((folder / "index.json").read_text())
assert (index["format"], index["version"], index["samples"]) == ("ganymede-dataset", 1, samples), index
assert sum(shard["samples"] for shard in index["shards"]) == samples, index
shape = tuple(index["images"][side] for side in ("channels", "height", "width"))
pixels = numpy.arange(numpy.prod(shape)).reshape(shape)

first = 0
for shard in index["shards"]:
    data = (folder / shard["file"]).read_bytes()
    assert (len(data), zlib.crc32(data)) == (shard["bytes"], shard["crc32"]), shard
    with h5py.File(folder / shard["file"]) as file:
        numbers = numpy.arange(first, first + shard["samples"])
        images, labels = file["images"], file["labels"]
        assert images.dtype == "u1" and labels.dtype == "<i8", (images, labels)
        assert images.chunks == (index["rows_per_chunk"], *shape) and images.compression is None, images.chunks
        assert (images[...] == (7 * numbers[:, None, None, None] + pixels) % 251).all()
        assert (labels[...] == numbers % 10).all()
        assert list(file.attrs["class_names"]) == index["class_names"], file.attrs["class_names"]
        assert (file.attrs["format_version"], file.attrs["samples"]) == (1, shard["samples"])
    first += shard["samples"]
