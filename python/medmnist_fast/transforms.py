"""Transforms with torchvision's names, parameters and answers.

Each works in two ways with one implementation: on one image (``transform(image)``) and compiled into the plan of a
:class:`medmnist_fast.DataLoader`, which runs the whole pipeline on one image at a time and writes it straight into its
batch. Bytes equal torchvision's.

On one image: a PIL image (``L`` or ``RGB``) or a ``uint8`` array of shape (H, W), (H, W, 1) or (H, W, 3). Without
:class:`ToTensor` the kind that went in comes out. With it an array of ``float32`` (C, H, W) comes out for an array; for
a PIL image, as from torchvision, a torch tensor, or an array where torch is not installed.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number

__all__ = ["Compose", "Normalize", "RandomHorizontalFlip", "ToTensor", "Transform"]


class Transform(ABC):
    """Base of all transforms: something that is a sequence of the engine's steps."""

    @abstractmethod
    def steps(self) -> list[_core.Step]:
        """The engine's steps."""

    def __call__(self, image: Any, *, seed: int | None = None) -> Any:
        """Transform one image (see the module for kinds and shapes).

        Args:
            image: the image.
            seed: names the random draws; by default one is drawn from torch's global generator if torch is loaded,
                else from NumPy's, so that ``manual_seed`` makes the result reproducible as with torchvision.

        Raises:
            TypeError: not an image.
            ValueError: the transform does not fit the image; the message names the step.
        """
        pixels = _pixels(image)
        out = self.run(pixels, spatial_dims=2, seed=seed)
        is_array = isinstance(image, np.ndarray)
        if out.dtype != np.uint8:
            return out if is_array else as_output(out)
        channels_last = np.ascontiguousarray(np.moveaxis(out, 0, -1)).reshape(pixels.shape)
        return channels_last if is_array else _pil_image(channels_last)

    def run(
        self, sample: NDArray[np.uint8], *, spatial_dims: int, to_rgb: bool = False, seed: int | None = None
    ) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Transform one sample as it lies in a file; the result has the channels first."""
        plan = compile_plan(self, spatial_dims, sample.shape, to_rgb=to_rgb)
        return plan(np.ascontiguousarray(sample), seed_or_random(seed))


class Compose(Transform):
    """Several transforms in a row, as ``torchvision.transforms.Compose``."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = [_checked(transform) for transform in transforms]

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [step for transform in self.transforms for step in transform.steps()]

    def __repr__(self) -> str:
        lines = "".join(f"\n    {transform!r}" for transform in self.transforms)
        return f"Compose({lines}\n)"


class ToTensor(Transform):
    """``uint8`` in 0…255, channels last, to ``float32`` in 0…1, channels first: division by 255.

    Equals ``torchvision.transforms.ToTensor``. (torchvision's v2 ``ToDtype(scale=True)`` multiplies by 1/255 instead
    and rounds differently.)
    """

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.to_tensor()]

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize(Transform):
    """``(x - mean) / std`` per channel in ``float32``; equals ``torchvision.transforms.Normalize``.

    Args:
        mean: one value, or one per channel.
        std: as many values, finite and not 0.

    Raises:
        ValueError: the values are none of that.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean = [float(value) for value in mean]
        self.std = [float(value) for value in std]
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.normalize(self.mean, self.std)]

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class RandomHorizontalFlip(Transform):
    """Mirrors the last axis with probability ``p``; equals ``torchvision.transforms.RandomHorizontalFlip``.

    Args:
        p: probability in 0 to 1.

    Raises:
        ValueError: ``p`` is outside that range.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_horizontal_flip(self.p)]

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


def compile_plan(
    transform: Transform | None, spatial_dims: int, sample_axes: Sequence[int], *, to_rgb: bool
) -> _core.Plan:
    """The plan of a transform for samples of one shape.

    Volumes (3 spatial dimensions) are scaled to 0…1 before anything else, as the items of ``medmnist``'s 3-D sets are;
    a :class:`ToTensor` in the pipeline stands for that.

    Raises:
        TypeError: ``transform`` is not one of this module.
        ValueError: the transform does not fit the samples; the message names the step.
    """
    transform = Compose([]) if transform is None else _checked(transform)
    if spatial_dims == 3 and not any(isinstance(part, ToTensor) for part in _parts(transform)):
        transform = Compose([ToTensor(), transform])
    return _core.Plan(transform.steps(), spatial_dims, sample_axes, to_rgb)


def seed_or_random(seed: int | None) -> int:
    """Return the seed; for ``None`` one drawn from torch's global generator if torch is loaded, else from NumPy's.

    Raises:
        TypeError: no whole number.
        ValueError: not below 2⁶⁴.
    """
    if seed is not None:
        return whole_number("seed", seed, 0, 2**64 - 1)
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.empty((), dtype=torch.int64).random_().item())
    return int(np.random.randint(2**63 - 1))  # noqa: NPY002 - the generator that users seed


def as_output(array: NDArray[Any]) -> Any:
    """``array`` as a torch tensor over the same memory, or as it is where torch is not installed."""
    try:
        import torch
    except ImportError:
        return array
    return torch.from_numpy(array)


def _parts(transform: Transform) -> list[Transform]:
    if isinstance(transform, Compose):
        return [part for inner in transform.transforms for part in _parts(inner)]
    return [transform]


def _checked(transform: Any) -> Transform:
    if not isinstance(transform, Transform):
        kind = f"{type(transform).__module__}.{type(transform).__qualname__}"
        raise TypeError(f"{kind} is no transform of medmnist_fast.transforms; allowed: {', '.join(__all__[:-1])}")
    return transform


def _pixels(image: Any) -> NDArray[np.uint8]:
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(image, pil.Image):
        if image.mode not in ("L", "RGB"):
            raise TypeError(f"an image of mode {image.mode!r}; allowed: L and RGB")
        return np.asarray(image)
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8:
            raise TypeError(f"an array of {image.dtype}; allowed: uint8")
        return image
    raise TypeError(f"{type(image).__qualname__} is no image; allowed: a PIL image or a uint8 NumPy array")


def _pil_image(pixels: NDArray[Any]) -> Any:
    from PIL import Image

    return Image.fromarray(pixels)
