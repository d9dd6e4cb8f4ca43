"""Samples of a data set side by side."""

import math
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.checks import whole_number
from medmnist_fast.saving import replacing, save_frames

if TYPE_CHECKING:
    from PIL import Image

Rng = np.random.Generator | np.random.RandomState


def montage(
    dataset: Any,
    length: int,
    *,
    replace: bool,
    save_folder: str | PathLike[str] | None,
    seed: int | None,
    rng: Rng | None,
) -> "list[Image.Image]":
    """Squares of the same samples, one of images, one per slice of volumes; see :meth:`MedMNIST2D.montage`."""
    from PIL import Image

    length = _fitting(whole_number("length", length, 1), len(dataset), replace=replace)
    selection = _generator(seed, rng).choice(len(dataset), size=length**2, replace=replace)
    frames = [Image.fromarray(frame) for frame in _squares(dataset.imgs, selection, dataset.spatial_dims)]
    if save_folder is not None:
        path = montage_path(dataset, save_folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            if dataset.spatial_dims == 3:
                save_frames(frames, file)
            else:
                frames[0].save(file, format="JPEG")
    return frames


def montage_path(dataset: Any, folder: str | PathLike[str]) -> Path:
    """Where a montage of the data set is saved."""
    postfix = "gif" if dataset.spatial_dims == 3 else "jpg"
    return Path(folder) / f"{dataset.flag}{dataset.size_flag}_{dataset.split}_montage.{postfix}"


def _fitting(length: int, samples: int, *, replace: bool) -> int:
    """The length of a side, of a smaller square if there are not enough samples for it."""
    if not samples:
        raise ValueError("a montage of 0 samples; allowed: at least 1")
    if replace or length**2 <= samples:
        return length
    smaller = math.isqrt(samples)
    message = f"{samples} samples are fewer than {length} by {length}: the montage is {smaller} by {smaller}"
    warnings.warn(f"{message}; replace=True repeats samples", stacklevel=4)
    return smaller


def _generator(seed: int | None, rng: Rng | None) -> Any:
    if seed is not None and rng is not None:
        raise ValueError(f"seed = {seed!r} and rng = {rng!r}; allowed: one of them")
    if rng is not None:
        if not isinstance(rng, Rng):
            raise TypeError(f"rng of {type(rng).__qualname__}; allowed: numpy.random.Generator or RandomState")
        return rng
    # Without either it is NumPy's global generator, which numpy.random.seed() governs, as in medmnist.
    return np.random if seed is None else np.random.default_rng(whole_number("seed", seed, 0, 2**64 - 1))


def _squares(images: NDArray[np.uint8], selection: NDArray[np.intp], spatial_dims: int) -> NDArray[np.uint8]:
    """(frames, L · H, L · W[, 3]) of L² images (N, H, W[, 3]) or volumes (N, frames, H, W), row by row."""
    volumes = images if spatial_dims == 3 else images[:, np.newaxis]
    length = math.isqrt(len(selection))
    _, frames, height, width, *channels = volumes.shape
    squares = np.empty((frames, length, height, length, width, *channels), np.uint8)
    # Some at a time: a copy of all of them would leave the caches before it is taken apart.
    for row, chosen in enumerate(selection.reshape(length, length)):
        squares[:, row] = np.moveaxis(volumes[chosen], 0, 2)
    return squares.reshape(frames, length * height, length * width, *channels)
