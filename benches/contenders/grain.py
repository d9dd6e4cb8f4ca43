"""Grain: its sampler and threads, the arithmetic NumPy's, as it has no image operations."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grain
import numpy as np

from benches.contenders.batches import Batches
from benches.workloads import UnsupportedError, Workload

TITLE = "Grain"
PACKAGES = ("grain",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline not in {"u8", "f32"}:
        raise UnsupportedError("it has no image operations")
    ahead = 2 * workload.threads
    batches = Batches(workload, folder, ahead + workload.threads + 4)
    # Indices become a batch in one look-up: several times as fast than an element for each image.
    dataset = (
        grain.MapDataset.range(len(batches.images))
        .seed(0)
        .shuffle()
        .batch(workload.batch_size, drop_remainder=True, batch_fn=lambda rows: batches(np.array(rows)))
    )
    options = grain.ReadOptions(num_threads=workload.threads, prefetch_buffer_size=ahead)
    return lambda: iter(dataset.to_iter_dataset(options))
