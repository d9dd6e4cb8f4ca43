"""Volumes one by one in NumPy: what a transform of a 3-D set looks like without a library."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benches.workloads import UnsupportedError, Workload

TITLE = "NumPy, volume by volume"
PACKAGES = ("numpy",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.layout.ndim == 2 or workload.pipeline == "decode":
        raise UnsupportedError("it is for volumes")
    images, labels = workload.images(folder), workload.labels(folder)
    rng = np.random.default_rng(0)
    make: dict[str, Callable[[Any], Any]] = {
        "u8": lambda volume: volume,
        "f32": _normalize,
        "flip_turn": lambda volume: _normalize(_flip_turn(volume, rng)),
    }

    def epoch() -> Iterator[Any]:
        order = rng.permutation(len(images))
        for start in range(0, len(order) - workload.batch_size + 1, workload.batch_size):
            indices = order[start : start + workload.batch_size]
            yield np.stack([make[workload.pipeline](images[index]) for index in indices])[:, None], labels[indices]

    return epoch


def _normalize(volume: Any) -> Any:
    values = np.divide(volume, np.float32(255), dtype=np.float32, order="C")
    values -= np.float32(0.5)
    values /= np.float32(0.5)
    return values


def _flip_turn(volume: Any, rng: np.random.Generator) -> Any:
    for axis in range(3):
        if rng.random() < 0.5:
            volume = np.flip(volume, axis)
    axes = [(0, 1), (0, 2), (1, 2)][rng.integers(3)]
    return np.rot90(volume, int(rng.integers(4)), axes)
