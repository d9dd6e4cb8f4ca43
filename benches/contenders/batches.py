"""For contenders that leave the gathering, or the arithmetic, to NumPy: what their users would write, written well."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.workloads import Workload


class Batches:
    """The training set in RAM, batch by batch.

    A batch lies in memory that is used again after ``alive`` others: in fresh memory small images would take several
    times as long.
    """

    def __init__(self, workload: Workload, folder: Path, alive: int) -> None:
        images = workload.images(folder)
        self.images = images[..., None] if workload.layout.channels == 1 else images
        """Channels last."""
        self.labels = workload.labels(folder)[:, 0]
        shape = (workload.batch_size, *self.images.shape[1:])
        self._is_float = workload.pipeline == "f32"
        self._pixels = [np.empty(shape, np.uint8) for _ in range(alive)]
        self._floats = [np.empty(shape, np.float32) for _ in range(alive if self._is_float else 0)]
        # Its next() is atomic, for contenders with threads.
        self._turns = itertools.count()

    def __call__(self, rows: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Images channels first in shape, u8, or f32 by ``ToTensor`` and ``Normalize(0.5, 0.5)``; and labels."""
        turn = next(self._turns) % len(self._pixels)
        batch: NDArray[Any] = self._gather(rows, turn)
        if self._is_float:
            batch = np.multiply(batch, np.float32(2 / 255), out=self._floats[turn])
            batch -= np.float32(1)
        return np.moveaxis(batch, -1, 1), self.labels[rows]

    def stored(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Images as they are, channels last; and labels."""
        return self._gather(rows, next(self._turns) % len(self._pixels)), self.labels[rows]

    def _gather(self, rows: NDArray[np.intp], turn: int) -> NDArray[np.uint8]:
        # "clip" lets it write to ``out`` without a buffer between.
        return self.images.take(rows, axis=0, out=self._pixels[turn], mode="clip")


class Order:
    """Each time it is iterated, another order of all (batch_size,) rows, but for the last batch if it is smaller."""

    def __init__(self, count: int, batch_size: int) -> None:
        self._count = count
        self._batch_size = batch_size
        self._rng = np.random.default_rng(0)

    def __len__(self) -> int:
        return self._count // self._batch_size

    def __iter__(self) -> Iterator[NDArray[np.intp]]:
        rows = self._rng.permutation(self._count)[: len(self) * self._batch_size]
        yield from rows.reshape(-1, self._batch_size)
