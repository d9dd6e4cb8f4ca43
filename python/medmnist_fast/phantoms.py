"""Generated data sets in the official format, for machines without data: small, learnable, and never mistaken for real.

A phantom is a soft ellipse ("body") with noise. For each class or label there is a level, from top to bottom, and a
bright spot ("lesion") at the level of the sample's class, or of each label it has, at a random place from left to right
(so that mirroring keeps the class). In RGB the lesion is redder than the body; in 3-D all of it are ellipsoids.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.catalog import INFO, check_flag, file_name
from medmnist_fast.checks import whole_number
from medmnist_fast.dataset import DATASETS
from medmnist_fast.files import new_file

SAMPLES = {"train": 600, "val": 100, "test": 200}
"""Samples per split, by default."""

_BODY, _NOISE = 0.35, 0.1
_LESION = (0.05, 0.35)
"""Brightness above the body: from hardly more than the noise to obvious."""


def generate(
    flag: str, size: int = 28, *, samples: dict[str, int] = SAMPLES, seed: int = 0
) -> dict[str, NDArray[np.uint8]]:
    """Phantoms with the layout, task and classes of an official set, under the names of the file's members.

    Args:
        flag: the official set.
        size: pixels per side, one that the set comes in.
        samples: number of samples of each split, at least 1.
        seed: names the phantoms.

    Returns:
        ``{split}_images``, ``uint8`` of (N, H, W), (N, H, W, 3) or (N, D, H, W), and ``{split}_labels``, ``uint8`` of
        (N, 1) with balanced classes, or (N, labels) of 0 and 1 with two labels a sample on average.

    Raises:
        ValueError: no such flag or size, or a split without samples.
    """
    info = INFO[check_flag(flag)]
    dataset = DATASETS[flag]
    spatial = (dataset.check_size(size),) * dataset.spatial_dims
    rng = np.random.default_rng(seed)
    levels = len(info["label"])
    members = {}
    for split, count in samples.items():
        whole_number(f"samples of {split}", count, 1)
        if info["task"] == "multi-label, binary-class":
            labels = (rng.random((count, levels)) < 2 / levels).astype(np.uint8)
            present = labels.astype(bool)
        else:
            # Balanced, so that even a small split has every class.
            labels = rng.permutation(np.arange(count) % levels).astype(np.uint8)[:, np.newaxis]
            present = labels == np.arange(levels)
        images = [_phantom(lesions, spatial, info["n_channels"], rng) for lesions in present]
        members[f"{split}_images"] = np.stack(images)
        members[f"{split}_labels"] = labels
    return members


def write(folder: Path, flag: str, size: int = 28, *, seed: int = 0) -> Path:
    """Write a generated set to ``folder`` under the official name.

    Raises:
        FileExistsError: there is such a file; it is left alone.
    """
    path = folder / file_name(flag, size)
    folder.mkdir(parents=True, exist_ok=True)
    with new_file(path) as file:
        np.savez_compressed(file, **generate(flag, size, seed=seed))  # type: ignore[arg-type]
    return path


def _phantom(
    lesions: NDArray[np.bool_], spatial: tuple[int, ...], channels: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    axes = np.meshgrid(*(np.linspace(-1, 1, length) for length in spatial), indexing="ij", sparse=True)
    radii = rng.uniform(0.75, 0.95, len(spatial))
    body = _BODY * _blob(axes, np.zeros(len(spatial)), radii, sharpness=8)
    # Rows (height) run along the second axis from the end.
    vertical = len(spatial) - 2
    spots = np.zeros(spatial)
    for level in np.flatnonzero(lesions):
        centre = rng.uniform(-0.35, 0.35, len(spatial))
        centre[vertical] = (2 * level + 1) / len(lesions) - 1
        radius = np.full(len(spatial), 0.18)
        radius[vertical] = min(0.18, 0.8 / len(lesions))
        spots = np.maximum(spots, rng.uniform(*_LESION) * _blob(axes, 0.8 * centre, radius, sharpness=3))
    noise = rng.normal(0, _NOISE, spatial)
    if channels == 1:
        image = body + spots + noise
    else:
        tints = [(1.2, 1.0), (0.9, 0.5), (0.8, 0.4)]
        image = np.stack([tint * body + lesion * spots + noise for tint, lesion in tints], axis=-1)
    return (255 * np.clip(image, 0, 1)).astype(np.uint8)


def _blob(
    axes: tuple[NDArray[np.float64], ...],
    centre: NDArray[np.float64],
    radii: NDArray[np.float64],
    *,
    sharpness: float,
) -> NDArray[np.float64]:
    squares = [((axis - middle) / radius) ** 2 for axis, middle, radius in zip(axes, centre, radii, strict=True)]
    distance = np.sqrt(sum(squares))
    blob: NDArray[np.float64] = 1 / (1 + np.exp(sharpness * (distance - 1)))
    return blob
