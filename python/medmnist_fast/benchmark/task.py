"""What is measured: images, and what is done with them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.arrays import ArrayDataset
from medmnist_fast.loader import DataLoader
from medmnist_fast.transforms.base import Transform

TITLES = {
    "plain": "pixels as they are",
    "f32": "ToTensor, Normalize(0.5, 0.5)",
    "crop-flip": "RandomResizedCrop, RandomHorizontalFlip, ToTensor, Normalize",
    "trivial": "TrivialAugmentWide, ToTensor, Normalize",
    "flip-rotate": "RandomFlip along each axis, RandomRotate90, ToTensor, Normalize",
}
TRANSFORMS = {2: ("plain", "f32", "crop-flip", "trivial"), 3: ("plain", "f32", "flip-rotate")}
"""By number of spatial dimensions."""


@dataclass(frozen=True)
class Task:
    """What is done with which images.

    Args:
        images: ``uint8`` (N, H, W), (N, H, W, 3) or (N, D, H, W), all axes of a sample of the same length.
        spatial_dims: 2, or 3 for volumes.
        transform: one of ``TRANSFORMS``.

    Raises:
        ValueError: no such transform for images of so many dimensions.
    """

    images: NDArray[np.uint8]
    spatial_dims: int
    transform: str
    batch_size: int
    threads: int

    def __post_init__(self) -> None:
        allowed = TRANSFORMS[self.spatial_dims]
        if self.transform not in allowed:
            kind = "images" if self.spatial_dims == 2 else "volumes"
            raise ValueError(f"transform {self.transform!r}; allowed for {kind}: {', '.join(allowed)}")

    @property
    def is_random(self) -> bool:
        """Whether the transform draws."""
        return self.transform not in {"plain", "f32"}

    @property
    def size(self) -> int:
        """Pixels per side."""
        return int(self.images.shape[1])

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 3 if self.images.ndim > self.spatial_dims + 1 else 1

    @property
    def dtype(self) -> str:
        """Of a batch's images: volumes are always floats."""
        return "uint8" if self.transform == "plain" and self.spatial_dims == 2 else "float32"

    def dataset(self, count: int) -> ArrayDataset:
        """The first samples; the label of each is its index, so that one is known again in a shuffled batch."""
        return ArrayDataset(self.images[:count], np.arange(count), spatial_dims=self.spatial_dims)

    def loader(self, threads: int, count: int) -> DataLoader:
        """Ours, of the first samples."""
        return DataLoader(
            self.dataset(count),
            self.batch_size,
            shuffle=True,
            seed=0,
            num_workers=threads,
            transform=T.Compose(self._steps()),
        )

    def _steps(self) -> list[Transform]:
        floats: list[Transform] = [T.ToTensor(), T.Normalize([0.5], [0.5])]
        steps: dict[str, list[Transform]] = {
            "plain": [],
            "f32": floats,
            "crop-flip": [T.RandomResizedCrop(self.size), T.RandomHorizontalFlip(), *floats],
            "trivial": [T.TrivialAugmentWide(), *floats],
            "flip-rotate": [T.RandomFlip(axes=(0, 1, 2)), T.RandomRotate90(), *floats],
        }
        return steps[self.transform]

    def roof(self) -> float:
        """Images per second of a bare loop that does nothing but move the pixels of so many images."""
        pixels = math.prod(self.images.shape[1 : self.spatial_dims + 1])
        return _core.roof(len(self.images), pixels, self.channels, self.dtype, max(1, self.threads))
