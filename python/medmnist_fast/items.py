"""Items of data sets: what ``dataset[i]`` is, one by one and many at once."""

import operator
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.transforms import from_torchvision
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.kinds import as_output, seed_or_random


def image_item(pixels: NDArray[np.uint8], transform: Callable[[Any], Any] | None, *, as_rgb: bool) -> Any:
    """The PIL image of mode L or RGB, transformed."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image = image.convert("RGB") if as_rgb else image
    return image if transform is None else transform(image)


def volume_item(pixels: NDArray[np.uint8], transform: Callable[[Any], Any] | None, *, as_rgb: bool) -> Any:
    """The volume as float64 (1 or 3, D, H, W) in 0…1, transformed; as a loader gives it, if the transform is ours."""
    if isinstance(transform, Transform):
        return transform.item(pixels, to_rgb=as_rgb)
    volume = np.stack([pixels / 255.0] * (3 if as_rgb else 1))
    return volume if transform is None else transform(volume)


def translated(transform: Any) -> Transform | None:
    """A transform of ours for the same; None stays None.

    Raises:
        ValueError: it cannot be translated; the message says why.
    """
    if transform is None or isinstance(transform, Transform):
        return transform
    if _is_torchvisions(transform):
        return from_torchvision(transform)
    if hasattr(transform, "__qualname__"):
        raise ValueError(f"the transform is the function {transform.__qualname__}")
    raise ValueError(f"the transform is a {type(transform).__module__}.{type(transform).__qualname__}")


def _is_torchvisions(transform: Any) -> bool:
    return type(transform).__module__.partition(".")[0] == "torchvision"


_TRANSLATED: WeakKeyDictionary[Any, tuple[str, Transform | None]] = WeakKeyDictionary()
"""Of a transform of torchvision: how it was printed when its items were last asked for, and ours for it, if any."""


def items(dataset: Any, indices: Sequence[int]) -> list[tuple[Any, Any]]:
    """``[dataset[i] for i in indices]``, as torch's ``DataLoader`` asks for in one call.

    With transforms that the engine knows and that end in floating values, all images are made at once, and items hold
    views of one result; random ones draw from one seed of torch's global generator.
    """
    plan = _plan(dataset)
    if plan is None:
        return [dataset[index] for index in indices]
    chosen = np.fromiter(map(operator.index, indices), np.intp, len(indices))
    images = as_output(plan(np.ascontiguousarray(dataset.imgs[chosen]), seed_or_random(None)), plan.dtype)
    return [(image, dataset._target(index)) for image, index in zip(images, chosen, strict=True)]


def _plan(dataset: Any) -> _core.Plan | None:
    """What makes the images of items; None if they are to be made one by one."""
    transform, images = dataset.transform, dataset.imgs
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        return None
    # Volumes are float64 for transforms of others.
    ours = transform if isinstance(transform, Transform) or dataset.spatial_dims == 3 else _remembered(transform)
    if not isinstance(ours, Transform):
        return None
    try:
        plan = ours._plan(dataset.spatial_dims, images.shape[1:], to_rgb=dataset.as_rgb)
    except ValueError:
        # One by one the same transform says what is wrong, or runs.
        return None
    return None if plan.dtype == "uint8" else plan


def _remembered(transform: Any) -> Transform | None:
    """A transform of ours for one of torchvision's; it is translated anew once it prints itself differently."""
    if not _is_torchvisions(transform):
        return None
    text, known = repr(transform), _TRANSLATED.get(transform)
    if known is None or known[0] != text:
        try:
            known = (text, from_torchvision(transform))
        except ValueError:
            known = (text, None)
        _TRANSLATED[transform] = known
    return known[1]
