"""What contenders share whose arithmetic is NumPy's: the set in RAM, and a batch of floats."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.workloads import Workload

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def in_ram(workload: Workload, folder: Path) -> tuple[Pixels, NDArray[np.uint8]]:
    """Training images with an axis of channels, channels last, and labels (N,)."""
    images = workload.images(folder)
    if workload.layout.channels == 1:
        images = images[..., None]
    return images, workload.labels(folder)[:, 0]


def channels_first(images: NDArray[Any]) -> NDArray[Any]:
    """A view: (B, C, H, W) or (B, C, D, H, W)."""
    return np.moveaxis(images, -1, 1)


def to_floats(images: Pixels) -> Floats:
    """``ToTensor`` and ``Normalize(0.5, 0.5)`` in one pass over what is written, and one more over it in cache."""
    floats = np.multiply(images, np.float32(2 / 255), dtype=np.float32)
    floats -= np.float32(1)
    return floats
