"""What is measured: a set, what is done with its images, and with how many threads.

Imported in every contender's environment, so it needs Python and NumPy only.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

Pipeline = Literal["u8", "f32", "crop_flip", "trivial", "upscale", "flip_turn", "decode"]
"""
- ``u8``: the pixels as they are.
- ``f32``: ``ToTensor`` and ``Normalize(0.5, 0.5)``, as all that follow but ``decode``.
- ``crop_flip``: ``RandomResizedCrop`` to the set's size, bilinear, and ``RandomHorizontalFlip``.
- ``trivial``: ``TrivialAugmentWide``.
- ``upscale``: ``Resize`` to 224 pixels, bilinear.
- ``flip_turn``: of volumes, ``RandomFlip`` along each axis and ``RandomRotate90``.
- ``decode``: from the file to an array of all training images, once.
"""
PIPELINES: dict[Pipeline, str] = {
    "u8": "u8",
    "f32": "f32",
    "crop_flip": "crop + flip, f32",
    "trivial": "TrivialAugmentWide, f32",
    "upscale": "Resize to 224, f32",
    "flip_turn": "flip + rotate90, f32",
    "decode": "file to array",
}


@dataclass(frozen=True)
class Layout:
    """A set's images; ``train`` counts those of the generated file at each size, fewer than the official ones."""

    ndim: Literal[2, 3]
    channels: Literal[1, 3]
    classes: int
    train: dict[int, int]


LAYOUTS = {
    "bloodmnist": Layout(2, 3, 8, {28: 11_959, 64: 11_959, 224: 2_048}),
    "pneumoniamnist": Layout(2, 1, 2, {28: 4_708, 64: 4_708, 224: 2_048}),
    "nodulemnist3d": Layout(3, 1, 2, {28: 1_158, 64: 256}),
    "pathmnist": Layout(2, 3, 9, {224: 2_048}),
    "retinamnist": Layout(2, 3, 5, {28: 1_080}),
    "breastmnist": Layout(2, 1, 2, {28: 546, 64: 546}),
    "adrenalmnist3d": Layout(3, 1, 2, {28: 1_188}),
}
"""The generated ones first, then the official files that are measured where they are found."""
GENERATED = ("bloodmnist", "pneumoniamnist", "nodulemnist3d", "pathmnist")
OFFICIAL = ("retinamnist", "breastmnist", "adrenalmnist3d")


class UnsupportedError(Exception):
    """A contender cannot do a workload; the message says why."""


@dataclass(frozen=True)
class Workload:
    """One cell of the tables: for each contender a rate."""

    flag: str
    size: int
    pipeline: Pipeline
    threads: int = 2
    batch_size: int = 128

    @property
    def layout(self) -> Layout:
        """The set's."""
        return LAYOUTS[self.flag]

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Of an image in the file: (H, W), (H, W, 3) or (D, H, W)."""
        return (self.size,) * self.layout.ndim + ((3,) if self.layout.channels == 3 else ())

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an image in a batch of floats, channels first."""
        side = 224 if self.pipeline == "upscale" else self.size
        return (self.layout.channels, *(side,) * self.layout.ndim)

    @property
    def few(self) -> int:
        """Images of an epoch for the slow: their rate does not depend on it, the time of a benchmark does."""
        return max({28: 2_560, 64: 1_280, 224: 256}[self.shape[-1]], 2 * self.batch_size)

    @property
    def title(self) -> str:
        """In a table: ``28 RGB, f32``."""
        kind = {(2, 1): "grey", (2, 3): "RGB", (3, 1): "volumes"}[self.layout.ndim, self.layout.channels]
        official = f" ({self.flag})" if self.flag in OFFICIAL else ""
        return f"{self.size}{'³' if self.layout.ndim == 3 else ''} {kind}{official}, {PIPELINES[self.pipeline]}"

    def path(self, folder: Path) -> Path:
        """The set's file in ``folder``."""
        return folder / f"{self.flag}{'' if self.size == 28 else f'_{self.size}'}.npz"

    def images(self, folder: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """All training images, by NumPy: (N, H, W), (N, H, W, 3) or (N, D, H, W)."""
        with np.load(self.path(folder)) as archive:
            images: np.ndarray[Any, np.dtype[np.uint8]] = archive["train_images"]
        return images

    def labels(self, folder: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """All training labels, (N, 1)."""
        with np.load(self.path(folder)) as archive:
            labels: np.ndarray[Any, np.dtype[np.uint8]] = archive["train_labels"]
        return labels

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**values)
