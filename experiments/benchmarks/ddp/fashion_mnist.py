"""Fashion-MNIST in memory, and a rank's share of its shuffled batches."""
import gzip
import pathlib
import sys

import numpy as np
import torch

FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist


def read_idx(name, header):
    file = FOLDER / name
    if not file.exists():
        sys.exit(f"{file} is missing: install Debian's package dataset-fashion-mnist (launch/setup does)")
    return np.frombuffer(gzip.decompress(file.read_bytes()), dtype=np.uint8, offset=header)


class ShuffledBatches:
    """A new permutation each epoch, the same on all ranks; every rank takes each world_size-th image of it."""

    def __init__(self, batch_size, rank, world_size, pixels, image_shape):
        low, high = pixels
        images = torch.from_numpy(read_idx("train-images-idx3-ubyte.gz", header=16).copy())
        self.images = images.view(-1, *image_shape).float().div_(255).mul_(high - low).add_(low)
        self.labels = torch.from_numpy(read_idx("train-labels-idx1-ubyte.gz", header=8).copy()).long()
        self.batch_size, self.rank, self.world_size = batch_size, rank, world_size
        self.order_generator = torch.Generator().manual_seed(1)
        self.rows = iter(())

    def next(self):
        rows = next(self.rows, None)
        if rows is None or len(rows) < self.batch_size:
            order = torch.randperm(len(self.images), generator=self.order_generator)
            self.rows = iter(order[self.rank::self.world_size].split(self.batch_size))
            rows = next(self.rows)
        return self.images[rows], self.labels[rows]
