"""Grain: its sampler and threads, the arithmetic NumPy's, as it has no image operations."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import grain
import numpy as np
from numpy.typing import NDArray

from benches.contenders.batches import channels_first, in_ram, to_floats
from benches.workloads import UnsupportedError, Workload

TITLE = "Grain"
PACKAGES = ("grain",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline not in {"u8", "f32"}:
        raise UnsupportedError("it has no image operations")
    images, labels = in_ram(workload, folder)

    def gather(indices: Sequence[int]) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = np.array(indices)
        chosen = images[rows]
        return channels_first(to_floats(chosen) if workload.pipeline == "f32" else chosen), labels[rows]

    # Indices become a batch in one look-up: several times as fast than an element for each image.
    dataset = (
        grain.MapDataset.range(len(images))
        .seed(0)
        .shuffle()
        .batch(workload.batch_size, drop_remainder=True, batch_fn=gather)
    )
    options = grain.ReadOptions(num_threads=workload.threads, prefetch_buffer_size=2 * workload.threads)
    return lambda: iter(dataset.to_iter_dataset(options))
