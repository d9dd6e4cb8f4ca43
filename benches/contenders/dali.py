"""DALI on the CPU: batches of images in RAM gathered by NumPy, everything else its own operators."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from nvidia.dali import fn, types
from nvidia.dali.auto_aug import trivial_augment
from nvidia.dali.pipeline import pipeline_def

from benches.contenders.batches import Batches, Order
from benches.workloads import UnsupportedError, Workload

TITLE = "DALI, CPU"
PACKAGES = ("nvidia-dali-cuda120",)
QUEUE = 2
"""Batches that it works ahead; more are no faster."""


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline == "decode":
        raise UnsupportedError("it reads no .npz")
    if workload.pipeline == "flip_turn":
        raise UnsupportedError("it rotates volumes by resampling")
    if workload.pipeline == "trivial" and workload.layout.channels == 1:
        raise UnsupportedError("its TrivialAugmentWide crashes on one channel")
    batches = Batches(workload, folder, 2 * QUEUE + 4)
    order = Order(len(batches.images), workload.batch_size)

    def endless() -> Iterator[tuple[Any, Any]]:
        while True:
            yield from map(batches.stored, order)

    pipeline = _pipeline(
        workload,
        endless,
        batch_size=workload.batch_size,
        num_threads=workload.threads,
        device_id=None,
        prefetch_queue_depth=QUEUE,
        seed=0,
    )
    pipeline.build()

    def epoch() -> Iterator[tuple[Any, Any]]:
        # It runs on from pass to pass, rather than emptying its queue between them.
        for _ in range(len(order)):
            images, labels = (np.asarray(output.as_tensor()) for output in pipeline.run())
            yield (np.moveaxis(images, -1, 1) if workload.pipeline == "u8" else images), labels

    return epoch


@pipeline_def(enable_conditionals=True)  # type: ignore[untyped-decorator]
def _pipeline(workload: Workload, source: Callable[[], Iterator[tuple[Any, Any]]]) -> tuple[Any, Any]:
    layout = "HWC" if workload.layout.ndim == 2 else "DHWC"
    # Its batches are gathered into memory of their own, which outlives the queue.
    images, labels = fn.external_source(
        source, num_outputs=2, batch=True, no_copy=True, layout=[layout, ""], dtype=types.UINT8
    )
    if workload.pipeline == "u8":
        return images, labels
    mirror = 0
    if workload.pipeline == "crop_flip":
        images = fn.random_resized_crop(images, size=workload.size, interp_type=types.INTERP_LINEAR)
        mirror = fn.random.coin_flip()
    elif workload.pipeline == "trivial":
        images = trivial_augment.trivial_augment_wide(images, fill_value=0)
    elif workload.pipeline == "upscale":
        images = fn.resize(images, size=[224, 224], interp_type=types.INTERP_LINEAR)
    images = fn.crop_mirror_normalize(
        images, dtype=types.FLOAT, output_layout="C" + layout[:-1], mirror=mirror, mean=[127.5], std=[127.5]
    )
    return images, labels
