"""Figures of a whole split: how bright its images are, how many samples each class has."""

import json
import math
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core, store
from medmnist_fast.files import Mapped

Sums = list[tuple[int, int]]
"""Of the values of each channel, and of their squares."""

_AT_ONCE = 256 << 20
"""Bytes that are summed in one call of the engine, about 50 ms: Ctrl-C is heard between calls."""

_KNOWN: WeakKeyDictionary[Any, tuple[ref[NDArray[np.uint8]], Sums]] = WeakKeyDictionary()
"""Of each data set whose images are read-only: those images, and the sums of their channels."""


def mean_std(dataset: Any) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of the pixels, in 0…1; see :meth:`MedMNIST.mean_std`."""
    images = dataset.imgs
    if images.dtype != np.uint8:
        raise TypeError(f"images of {images.dtype}; allowed: uint8")
    if not images.size:
        raise ValueError(f"images of shape {images.shape}; allowed: at least one")
    known = _KNOWN.get(dataset)
    if known is None or known[0]() is not images:
        known = ref(images), _kept_sums(dataset, images.shape[-1] if images.ndim == dataset.spatial_dims + 2 else 1)
        if not images.flags.writeable:
            _KNOWN[dataset] = known
    sums = known[1] * (3 if dataset.as_rgb and len(known[1]) == 1 else 1)
    count = images.size // len(known[1])
    # In whole numbers, which are exact, until the last division.
    means = [total / (255 * count) for total, _ in sums]
    stds = [math.sqrt(count * squares - total**2) / (255 * count) for total, squares in sums]
    return means, stds


def _kept_sums(dataset: Any, channels: int) -> Sums:
    images, mapped = dataset.imgs, getattr(dataset, "_mapped", None)
    if mapped is None or mapped.images() is not images or images.nbytes <= _AT_ONCE:
        return _sums(images, channels)
    kept = _read(mapped)
    if kept is None or len(kept) != channels:
        kept = _sums(images, channels)
        _append(mapped, kept)
    return kept


def _read(mapped: Mapped) -> Sums | None:
    """Sums that were kept for these images: a line of what they are, and their sums."""
    for place in store.places(mapped.path):
        with suppress(OSError, UnicodeDecodeError):
            for line in place.with_name(place.name + store.SUMS).read_text(encoding="utf-8").splitlines():
                # A line that was not written to its end is none.
                with suppress(ValueError, TypeError):
                    member, checksum, sums = json.loads(line)
                    if (member, checksum) == (mapped.member, mapped.checksum):
                        return [(int(total), int(squares)) for total, squares in sums]
    return None


def _append(mapped: Mapped, sums: Sums) -> None:
    line = json.dumps([mapped.member, mapped.checksum, sums])
    for place in store.places(mapped.path):
        # Without it all works, only slower. Lines of several processes follow each other.
        with suppress(OSError):
            with place.with_name(place.name + store.SUMS).open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
            return


def _sums(images: NDArray[np.uint8], channels: int) -> Sums:
    step = max(1, _AT_ONCE * len(images) // images.nbytes)
    threads = _core.available_parallelism()
    parts = [
        _core.channel_sums(np.ascontiguousarray(images[start : start + step]), channels, threads)
        for start in range(0, len(images), step)
    ]
    return [
        (sum(total for total, _ in channel), sum(square for _, square in channel))
        for channel in zip(*parts, strict=True)
    ]


def class_counts(dataset: Any) -> NDArray[np.int64]:
    """Samples of each class, or with each label; see :meth:`MedMNIST.class_counts`."""
    labels, names = np.asarray(dataset.labels), dataset.info["label"]
    is_multi_label = dataset.info["task"] == "multi-label, binary-class"
    columns, largest = (len(names), 1) if is_multi_label else (1, len(names) - 1)
    rows = np.atleast_2d(labels.T).T
    if labels.dtype.kind not in "biu" or rows.shape[1] != columns:
        raise ValueError(f"labels of {labels.dtype} and shape {labels.shape}; allowed: whole numbers, (N, {columns})")
    if rows.size and (rows.min() < 0 or rows.max() > largest):
        raise ValueError(f"labels of {rows.min()} to {rows.max()}; allowed: 0 to {largest}")
    counts: NDArray[np.int64] = (
        rows.sum(axis=0, dtype=np.int64)
        if is_multi_label
        else np.bincount(rows[:, 0].astype(np.intp), minlength=len(names))
    )
    return counts
