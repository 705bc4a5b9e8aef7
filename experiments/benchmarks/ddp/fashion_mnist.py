"""Fashion-MNIST in memory."""
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


def read_fashion_mnist(pixels, image_shape):
    """Images [60000, *image_shape], whose black and white are `pixels`, and labels [60000]."""
    low, high = pixels
    images = torch.from_numpy(read_idx("train-images-idx3-ubyte.gz", header=16).copy())
    labels = torch.from_numpy(read_idx("train-labels-idx1-ubyte.gz", header=8).copy())
    return images.view(-1, *image_shape).float().div_(255).mul_(high - low).add_(low), labels.long()
