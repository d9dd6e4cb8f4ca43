"""Where a loader stands: positions that are saved, and data sets that are recognised again."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.loader.sources import Source

VERSION = 1
"""Of the layout of a state."""
PROBES = 64
"""Images that a fingerprint looks at."""
PROBE_BYTES = 4096
"""Bytes of each."""


@dataclass
class Sizes:
    """Of batches that are handed in one by one: samples in the first n of them, for each n."""

    sums: list[int] = field(default_factory=lambda: [0])

    def add(self, size: int) -> None:
        """One more batch."""
        self.sums.append(self.sums[-1] + size)

    def after(self, start: int, batches: int) -> int:
        """Samples of the epoch after so many batches of a pass that began at ``start``."""
        return start + self.sums[batches]


@dataclass
class EvenSizes(Sizes):
    """Of batches cut from an order that all ranks share.

    Attributes:
        batch_size: samples of a batch of one rank.
        samples: in the whole pass, of the first rank: no other gets more.
        world_size: number of ranks.
        total: samples of the whole epoch, of all ranks.
    """

    batch_size: int = 1
    samples: int = 0
    world_size: int = 1
    total: int = 0

    def add(self, size: int) -> None:
        """One more batch: nothing new."""

    def after(self, start: int, batches: int) -> int:
        """Samples of the epoch after so many batches; all of it after the last, whatever padding there is."""
        mine = batches * self.batch_size
        return self.total if mine >= self.samples else min(self.total, start + mine * self.world_size)


@dataclass
class Position:
    """How far the latest pass of a loader has come.

    Attributes:
        epoch: number of the pass.
        start: where in the epoch's order it began, in samples of all ranks together.
        batches: batches that were yielded.
        is_over: whether the end was noticed: the loop is done, and the next pass is the next epoch.
    """

    epoch: int
    start: int
    batches: int = 0
    is_over: bool = False
    sizes: Sizes = field(default_factory=Sizes)

    def state(self) -> tuple[int, int]:
        """Epoch, and its samples that all ranks together have got: the beginning of the next one when it is over."""
        return (self.epoch + 1, 0) if self.is_over else (self.epoch, self.sizes.after(self.start, self.batches))


def checked(state: Any, expected: Mapping[str, Any]) -> tuple[int, int]:
    """Epoch and samples of a state that agrees with what is ``expected``.

    Raises:
        TypeError: no state.
        ValueError: of another version, seed, order or data set.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"a state of {type(state).__qualname__}; allowed: a dict that state_dict() has returned")
    missing = sorted({"epoch", "samples", *expected} - state.keys())
    if missing:
        raise ValueError(f"a state without {', '.join(missing)}; allowed: a dict that state_dict() has returned")
    for key, value in expected.items():
        if state[key] != value:
            raise ValueError(f"a state whose {key} is {state[key]!r}; allowed: that of this loader, {value!r}")
    for key in ("epoch", "samples"):
        if type(state[key]) is not int or state[key] < 0:
            raise ValueError(f"a state whose {key} is {state[key]!r}; allowed: a whole number of at least 0")
    return state["epoch"], state["samples"]


def fingerprint(source: Source) -> dict[str, int]:
    """What a data set is recognised by: its length, and a checksum of its labels and of some of its pixels."""
    checksum = zlib.crc32(_bytes(source.labels))
    for part in source.parts:
        checksum = zlib.crc32(repr(part.images.shape).encode(), checksum)
        for index in np.linspace(0, len(part.images) - 1, PROBES).astype(int):
            checksum = zlib.crc32(_bytes(part.images[index])[:PROBE_BYTES], checksum)
    length = len(source.labels)
    if source.selection is not None:
        checksum = zlib.crc32(_bytes(source.selection), checksum)
        length = len(source.selection)
    return {"samples": length, "crc32": checksum}


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
