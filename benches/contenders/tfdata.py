"""tf.data with tf.image: indices are shuffled and batched, images gathered and worked on a batch at a time.

Its images are channels last, and are given with their axes moved, which costs it nothing.
"""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benches.workloads import UnsupportedError, Workload

TITLE = "tf.data"
PACKAGES = ("tensorflow-cpu",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline in {"trivial", "flip_turn", "decode"}:
        raise UnsupportedError("it has no such operation")
    stored = workload.images(folder)
    images = tf.constant(stored[..., None] if workload.layout.channels == 1 else stored)
    labels = tf.constant(workload.labels(folder)[:, 0])

    def work(rows: Any) -> tuple[Any, Any]:
        return _batch(workload, images, rows), tf.gather(labels, rows)

    options = tf.data.Options()
    options.threading.private_threadpool_size = workload.threads
    options.threading.max_intra_op_parallelism = workload.threads
    options.deterministic = False
    dataset = (
        tf.data.Dataset.range(len(stored))
        .shuffle(len(stored))
        .batch(workload.batch_size, drop_remainder=True)
        .map(work, num_parallel_calls=workload.threads)
        .prefetch(2)
        .with_options(options)
    )

    def epoch() -> Iterator[tuple[Any, Any]]:
        for batch, of_batch in dataset.as_numpy_iterator():
            yield np.moveaxis(batch, -1, 1), of_batch

    return epoch


def _batch(workload: Workload, images: Any, rows: Any) -> Any:
    match workload.pipeline:
        case "u8":
            return tf.gather(images, rows)
        case "crop_flip":
            # It crops from the whole set, and mirrors where a box has its sides exchanged.
            size = (workload.size, workload.size)
            pixels = tf.image.crop_and_resize(images, _boxes(workload.batch_size), tf.cast(rows, tf.int32), size)
        case "upscale":
            pixels = tf.image.resize(tf.gather(images, rows), (224, 224))
        case _:
            pixels = tf.cast(tf.gather(images, rows), tf.float32)
    return pixels * (2 / 255) - 1


def _boxes(count: int) -> Any:
    """Of ``RandomResizedCrop``, (count, 4): y1, x1, y2, x2 as shares of the side; what is too long is cut off."""
    area = tf.random.uniform([count], 0.08, 1)
    ratio = tf.exp(tf.random.uniform([count], -math.log(4 / 3), math.log(4 / 3)))
    height, width = tf.minimum(tf.sqrt(area / ratio), 1.0), tf.minimum(tf.sqrt(area * ratio), 1.0)
    top, left = tf.random.uniform([count]) * (1 - height), tf.random.uniform([count]) * (1 - width)
    is_flipped = tf.random.uniform([count]) < 0.5
    start, end = tf.where(is_flipped, left + width, left), tf.where(is_flipped, left, left + width)
    return tf.stack([top, start, top + height, end], axis=1)
