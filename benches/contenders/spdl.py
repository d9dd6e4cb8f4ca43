"""SPDL: batches gathered in the threads of its pipeline; ``load_npz`` for decoding.

Its image operations are FFmpeg's filters on encoded files; arrays in RAM are worked on by the caller's own functions, as
here by NumPy's, which release the GIL.
"""

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import spdl.io
from numpy.typing import NDArray
from spdl.pipeline import PipelineBuilder

from benches.contenders import zip_member
from benches.contenders.batches import channels_first, in_ram, to_floats
from benches.workloads import UnsupportedError, Workload

TITLE = "SPDL"
PACKAGES = ("spdl-core", "spdl-io")


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline == "decode":
        zip_member.refuse_threads(workload)
        return lambda: _decode(workload.path(folder))
    if workload.pipeline not in {"u8", "f32"}:
        raise UnsupportedError("its image operations are FFmpeg's, on encoded images")
    images, labels = in_ram(workload, folder)

    def gather(indices: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
        chosen = images[indices]
        return channels_first(to_floats(chosen) if workload.pipeline == "f32" else chosen), labels[indices]

    # One pipeline for all epochs: to build one takes as long as an epoch of small images.
    pipeline = (
        PipelineBuilder()
        .add_source(_Order(len(images), workload.batch_size), continuous=True)
        .pipe(gather, concurrency=workload.threads)
        .add_sink(2 * workload.threads)
        .build(num_threads=workload.threads)
    )
    pipeline.start()
    current: Iterator[Any] = iter(())

    def epoch() -> Iterator[tuple[Any, Any]]:
        nonlocal current
        for _ in current:
            """What is left of a pass that was given up."""
        current = pipeline.get_iterator()
        return current

    return epoch


class _Order:
    """Each time it is iterated, another order of (batch_size,) indices."""

    def __init__(self, count: int, batch_size: int) -> None:
        self._count = count
        self._batch_size = batch_size
        self._rng = np.random.default_rng()

    def __iter__(self) -> Iterator[NDArray[np.intp]]:
        whole = self._count - self._count % self._batch_size
        yield from self._rng.permutation(self._count)[:whole].reshape(-1, self._batch_size)


def _decode(path: Path) -> Iterator[tuple[Any, Any]]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        images = spdl.io.load_npz(memoryview(data), max_uncompressed_bytes=1 << 40)["train_images"]
    yield images, np.zeros(len(images))
