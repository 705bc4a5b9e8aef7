"""Writes a dataset as another program would, following datasets/FORMAT.md. Usage: write_dataset.py FOLDER."""
import json
import pathlib
import sys
import zlib

import h5py
import numpy

folder = pathlib.Path(sys.argv[1])
folder.mkdir()
names = ["even", "odd"]
shards = []
for number, count in enumerate([5, 3]):
    first = 5 * number
    file = folder / f"shard_{number:05}.h5"
    with h5py.File(file, "w") as shard:
        shard["images"] = (numpy.arange(first, first + count)[:, None, None, None] * 10 + numpy.zeros((1, 2, 2))).astype("u1")
        shard["labels"] = numpy.arange(first, first + count) % 2
        shard.attrs["format_version"] = 1
        shard.attrs["samples"] = count
        shard.attrs["class_names"] = names
    data = file.read_bytes()
    shards.append({"file": file.name, "samples": count, "bytes": len(data), "crc32": zlib.crc32(data)})
(folder / "index.json").write_text(json.dumps({
    "format": "ganymede-dataset", "version": 1, "samples": 8,
    "images": {"channels": 1, "height": 2, "width": 2},
    "class_names": names, "rows_per_chunk": 4, "shards": shards}))
