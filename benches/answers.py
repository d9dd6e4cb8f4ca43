"""Whether a contender's batch is right: compared with what torchvision, Pillow and NumPy make of the same images."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benches.contenders.stock import transform
from benches.workloads import Workload

Array = NDArray[Any]

CLOSE = 0.02
"""How far values of -1 to 1 may be from the reference to be close: 2.5 of 255 steps."""
ALIKE = 0.05
"""How far the spread of random batches' values may be from torchvision's, as a share of it."""


def judge(workload: Workload, folder: Path, images: Array, labels: Array) -> str:
    """In words for a table, beginning with ``exact``, ``close``, ``alike`` or ``WRONG``.

    ``close`` says how far the values are from the reference at most. ``alike``: what is drawn cannot be compared value
    by value; shape, type and range are right and values spread as torchvision's do.
    """
    try:
        return _judge(workload, folder, images, labels)
    except _WrongError as error:
        return f"WRONG: {error}"


class _WrongError(Exception):
    """An answer that cannot be right."""


def _judge(workload: Workload, folder: Path, images: Array, labels: Array) -> str:
    stored = _stored(workload.path(folder))
    if workload.pipeline == "decode":
        return _judge_values(images, stored)
    dtype = np.dtype(np.uint8 if workload.pipeline == "u8" else np.float32)
    expected = (workload.batch_size, *workload.shape)
    if images.shape != expected or images.dtype != dtype:
        raise _WrongError(f"{images.dtype} {images.shape} instead of {dtype} {expected}")
    if workload.pipeline in {"crop_flip", "trivial"}:
        return _judge_spread(workload, folder, images)
    indices = _find(workload, folder, images, labels.reshape(-1))
    if workload.pipeline == "flip_turn":
        return "exact up to flips and turns"
    return _judge_values(images, _reference(workload, _channels_first(stored[indices])))


@lru_cache(1)
def _stored(path: Path) -> Array:
    """All training images of a file, for one contender after the other."""
    with np.load(path) as archive:
        images: Array = archive["train_images"]
    return images


def _channels_first(images: Array) -> Array:
    """(N, C, H, W) or (N, 1, D, H, W)."""
    return images.transpose(0, 3, 1, 2) if images.shape[-1] == 3 else images[:, None]


def _names(workload: Workload, images: Array, side: int) -> list[bytes]:
    """What tells images apart: of pixels in the set, or of a batch's, which are ``side`` wide."""
    if workload.pipeline == "upscale":
        # Bilinear enlarging keeps the corners as they are.
        images = images[..., :: side - 1, :: side - 1]
    if workload.pipeline == "flip_turn":
        images = _unturned(images)
    return [hashlib.blake2b(image).digest() for image in np.ascontiguousarray(images)]


@lru_cache(1)
def _stored_names(workload: Workload, folder: Path) -> dict[bytes, list[int]]:
    """The images of each name. Official sets hold some more than once."""
    numbers: dict[bytes, list[int]] = {}
    images = _channels_first(_stored(workload.path(folder)))
    for number, name in enumerate(_names(workload, images, workload.size)):
        numbers.setdefault(name, []).append(number)
    return numbers


def _unturned(volumes: Array) -> Array:
    """The same for a volume however it is mirrored and turned: its values, each with how far inside the cube it is."""
    side = volumes.shape[-1]
    from_centre = np.abs(2 * np.arange(side, dtype=np.int32) - (side - 1)) // 2
    orbits = np.sort(np.stack(np.meshgrid(*[from_centre] * 3)), axis=0)
    orbit = (orbits[0] * side + orbits[1]) * side + orbits[2]
    return np.sort((volumes[:, 0] + orbit * 256).reshape(len(volumes), -1))


def _find(workload: Workload, folder: Path, images: Array, labels: Array) -> list[int]:
    """Which of the stored images each of a batch is."""
    whole = images if workload.pipeline == "u8" else np.rint((images * 0.5 + 0.5) * 255).astype(np.uint8)
    stored_labels = workload.labels(folder)[:, 0]
    unused = {name: list(numbers) for name, numbers in _stored_names(workload, folder).items()}
    indices = []
    for name, label in zip(_names(workload, whole, workload.shape[-1]), labels, strict=True):
        same = unused.get(name)
        if same is None:
            raise _WrongError("images that are not in the set")
        if not same:
            raise _WrongError("an image twice")
        index = next((number for number in same if stored_labels[number] == label), None)
        if index is None:
            raise _WrongError("labels of others")
        same.remove(index)
        indices.append(index)
    return indices


def _reference(workload: Workload, chosen: Array) -> Array:
    """(B, C, H, W) of u8 through torchvision's arithmetic."""
    if workload.pipeline == "u8":
        return chosen
    if workload.pipeline == "upscale":
        pictures = [Image.fromarray(image.transpose(1, 2, 0).squeeze()) for image in chosen]
        return np.stack([transform(workload)(picture).numpy() for picture in pictures])
    return (chosen / np.float32(255) - np.float32(0.5)) / np.float32(0.5)


def _judge_values(images: Array, reference: Array) -> str:
    if np.array_equal(images, reference):
        return "exact"
    furthest = float(np.abs(images.astype(np.float64) - reference).max())
    if furthest > CLOSE:
        raise _WrongError(f"up to {furthest:.2g} from the reference")
    return f"close: within {furthest:.1g}"


def _judge_spread(workload: Workload, folder: Path, images: Array) -> str:
    if not np.isfinite(images).all() or np.abs(images).max() > 1 + CLOSE:
        raise _WrongError("values outside -1 to 1")
    ours, theirs = float(images.std()), _spread(workload, folder)
    if abs(ours / theirs - 1) <= ALIKE:
        return "alike"
    return f"alike in shape only: values spread {ours:.3f}, torchvision's {theirs:.3f}"


@cache
def _spread(workload: Workload, folder: Path) -> float:
    """Of the values that torchvision makes of some hundred images."""
    pictures = [Image.fromarray(image) for image in _stored(workload.path(folder))[:512]]
    return float(np.stack([transform(workload)(picture).numpy() for picture in pictures]).std())
