"""SPDL: batches gathered in the threads of its pipeline; ``load_npz`` for decoding.

Its image operations are FFmpeg's filters on encoded files; arrays in RAM are worked on by the caller's own functions,
as here by NumPy's, which release the GIL.
"""

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import spdl.io
from spdl.pipeline import PipelineBuilder

from benches.contenders import zip_member
from benches.contenders.batches import Batches, Order
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
    queue = 2 * workload.threads
    batches = Batches(workload, folder, queue + 2 * workload.threads + 4)
    # One pipeline for all epochs: to build one takes as long as an epoch of small images.
    builder: Any = PipelineBuilder()
    pipeline = (
        builder.add_source(Order(len(batches.images), workload.batch_size), continuous=True)
        .pipe(batches, concurrency=workload.threads)
        .add_sink(queue)
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


def _decode(path: Path) -> Iterator[tuple[Any, Any]]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        images = spdl.io.load_npz(memoryview(data), max_uncompressed_bytes=1 << 40)["train_images"]
    yield images, np.zeros(len(images))
