"""What all transforms share: they are sequences of the engine's steps, compiled to a plan for samples of one shape."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number
from medmnist_fast.transforms.kinds import Batch, Kind, as_output, seed_or_random

PLANS_KEPT = 8
"""Plans that a transform remembers, one per shape it was called with."""


class Transform(ABC):
    """Base of all transforms: something that is a sequence of the engine's steps."""

    @abstractmethod
    def steps(self) -> list[_core.Step]:
        """The engine's steps."""

    def parts(self) -> list["Transform"]:
        """The transforms that run one after the other; of a ``Compose`` those inside."""
        return [self]

    def __call__(
        self, image: Any, *, seed: int | None = None, index: int = 0, epoch: int = 0, spatial_dims: int = 2
    ) -> Any:
        """Transform one image or volume, or a batch (see the package for kinds and shapes).

        Args:
            image: the image; arrays and tensors of one more axis than an image with channels are batches.
            seed: names the random draws; by default one is drawn from torch's global generator if torch is loaded,
                else from NumPy's, so that ``manual_seed`` makes the result reproducible as with torchvision.
            index: of the sample; with a loader's seed and epoch it gives what the loader gives. The first one's, for
                a batch.
            epoch: number of the pass over the data.
            spatial_dims: 3 for volumes.

        Raises:
            TypeError: not an image.
            ValueError: the transform does not fit the image; the message names the step.
        """
        is_batch = getattr(image, "ndim", 0) == spatial_dims + 2
        kind = Batch.of(image, spatial_dims) if is_batch else Kind.of(image, spatial_dims)
        plan = self._plan(spatial_dims, kind.samples.shape[1:])
        index = whole_number("index", index, 0, 2**32 - 1)
        epoch = whole_number("epoch", epoch, 0, 2**32 - 1)
        return kind.wrap(plan(kind.samples, seed_or_random(seed), epoch, index), plan.dtype)

    def batch(
        self, images: Any, *, seed: int | None = None, first: int = 0, epoch: int = 0, spatial_dims: int = 2
    ) -> Any:
        """Transform a batch, each sample with draws of its own; sample ``i`` is that of the index ``first + i``.

        Args:
            images: ``uint8``: an array (N, H, W) or (N, H, W, C), or a tensor (N, C, H, W); (N, D, H, W) for volumes.
            seed: as for one image.
            first: index of the first sample.
            epoch: as for one image.
            spatial_dims: 3 for volumes.

        Returns:
            The kind that went in; ``float`` results have the channels first.
        """
        kind = Batch.of(images, spatial_dims)
        plan = self._plan(spatial_dims, kind.samples.shape[1:])
        first = whole_number("first", first, 0, 2**32 - 1)
        epoch = whole_number("epoch", epoch, 0, 2**32 - 1)
        return kind.wrap(plan(kind.samples, seed_or_random(seed), epoch, first), plan.dtype)

    def item(self, volume: NDArray[np.uint8], *, to_rgb: bool) -> Any:
        """One volume of a data set as a loader gives it, as a tensor where torch is installed."""
        plan = self._plan(3, volume.shape, to_rgb=to_rgb)
        return as_output(plan(np.ascontiguousarray(volume)[np.newaxis], seed_or_random(None))[0], plan.dtype)

    def _plan(self, spatial_dims: int, axes: Sequence[int], *, to_rgb: bool = False) -> _core.Plan:
        plans: dict[Any, _core.Plan] = self.__dict__.setdefault("_plans", {})
        key = (spatial_dims, tuple(axes), to_rgb)
        if key not in plans:
            if len(plans) >= PLANS_KEPT:
                plans.clear()
            plans[key] = compile_plan(self, spatial_dims, axes, to_rgb=to_rgb)
        return plans[key]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plans"}

    def __repr__(self) -> str:
        names = list(inspect.signature(type(self)).parameters)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


def compile_plan(
    transform: Transform | None,
    spatial_dims: int,
    sample_axes: Sequence[int],
    *,
    to_rgb: bool,
    dtype: str | None = None,
    channels_last: bool = False,
) -> _core.Plan:
    """The plan of a transform for samples of one shape.

    Volumes (3 spatial dimensions) are scaled to 0…1 before anything else, as the items of ``medmnist``'s 3-D sets are;
    a ``ToTensor`` in the pipeline stands for that. With ``dtype`` ``uint8`` they stay pixels.

    Raises:
        TypeError: ``transform`` is not one of this package.
        ValueError: the transform does not fit the samples; the message names the step.
    """
    from medmnist_fast.transforms.geometry import RandomHorizontalFlip
    from medmnist_fast.transforms.values import ToTensor

    parts = ordered_parts(transform, spatial_dims)
    asks_for_floats = transform is not None and any(isinstance(part, ToTensor) for part in transform.parts())
    if spatial_dims == 3 and dtype == "uint8" and not asks_for_floats:
        # Draws depend on a step's number: in the place of the scaling comes a flip that never happens.
        parts[0] = RandomHorizontalFlip(p=0)
    steps = [step for part in parts for step in part.steps()]
    return _core.Plan(steps, spatial_dims, sample_axes, to_rgb, dtype, channels_last)


def ordered_parts(transform: Transform | None, spatial_dims: int) -> list[Transform]:
    """The transforms that run one after the other: as given, and for volumes a ``ToTensor`` before all others."""
    parts = [] if transform is None else checked(transform).parts()
    if spatial_dims != 3:
        return parts
    from medmnist_fast.transforms.values import ToTensor

    first = next((part for part in parts if isinstance(part, ToTensor)), ToTensor())
    return [first, *(part for part in parts if part is not first)]


def checked(transform: Any) -> Transform:
    """Return the transform; TypeError for one of another library."""
    if not isinstance(transform, Transform):
        from medmnist_fast import transforms

        kind = f"{type(transform).__module__}.{type(transform).__qualname__}"
        allowed = ", ".join(
            name for name in transforms.__all__ if name[0].isupper() and name not in {"Transform", "MixUp", "CutMix"}
        )
        raise TypeError(f"{kind} is no transform of medmnist_fast.transforms; allowed: {allowed}")
    return transform


__all__ = ["Transform", "as_output", "checked", "compile_plan", "ordered_parts", "seed_or_random"]
