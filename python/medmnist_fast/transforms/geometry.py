"""Moving pixels: flips, turns, crops, borders and other sizes."""

from collections.abc import Sequence
from typing import Any

from medmnist_fast import _core
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.parameters import borders, fill_values, interpolation_name, lengths, pair


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


class RandomVerticalFlip(Transform):
    """Mirrors the last axis but one with probability ``p``; equals ``torchvision.transforms.RandomVerticalFlip``."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_vertical_flip(self.p)]


class RandomFlip(Transform):
    """Mirrors each of some axes with probability ``p``, independently; equals ``numpy.flip``.

    Args:
        p: probability in 0 to 1.
        axes: of D, H, W (or H, W), counted as NumPy does.
    """

    def __init__(self, p: float = 0.5, axes: Sequence[int] = (0, 1, 2)) -> None:
        self.p, self.axes = float(p), tuple(int(axis) for axis in axes)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_flip(self.p, self.axes)]


class RandomRotate90(Transform):
    """With probability ``p``, one to three quarter turns; equals ``numpy.rot90``. The axes must have equal lengths.

    Args:
        p: probability in 0 to 1.
        axes: from the first to the second, as ``numpy.rot90``; by default the plane of an image, or a random one of a
            volume's three planes.
    """

    def __init__(self, p: float = 0.5, axes: tuple[int, int] | None = None) -> None:
        self.p, self.axes = float(p), None if axes is None else (int(axes[0]), int(axes[1]))
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_rotate90(self.p, self.axes)]


class CenterCrop(Transform):
    """The middle; equals ``torchvision.transforms.CenterCrop``, which puts zeros around images that are too small.

    Args:
        size: one length for all axes, or one for each (H, W, or D, H, W for volumes).
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = size
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.center_crop(lengths("size", self.size))]


class Pad(Transform):
    """A border; equals ``torchvision.transforms.Pad`` on PIL images.

    Args:
        padding: one width; (left and right, top and bottom); or (left, top, right, bottom).
        fill: of a constant border: one value, or one per channel.
        padding_mode: ``"constant"``, ``"edge"``, ``"reflect"`` or ``"symmetric"``.
    """

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.pad(borders(self.padding), fill_values(self.fill), self.padding_mode)]


class RandomCrop(Transform):
    """A random part; equals ``torchvision.transforms.RandomCrop`` on PIL images.

    Args:
        size: one length for all axes, or one for each (H, W, or D, H, W for volumes).
        padding: around images, before; as in :class:`Pad`.
        pad_if_needed: put a border around images that are too small.
        fill: as in :class:`Pad`.
        padding_mode: as in :class:`Pad`.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size, self.padding, self.pad_if_needed = size, padding, bool(pad_if_needed)
        self.fill, self.padding_mode = fill, padding_mode
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        padding = None if self.padding is None else borders(self.padding)
        size, fill = lengths("size", self.size), fill_values(self.fill)
        return [_core.Step.random_crop(size, padding, self.pad_if_needed, fill, self.padding_mode)]


class Resize(Transform):
    """Another size; equals ``torchvision.transforms.Resize`` on PIL images: ``PIL.Image.resize``.

    Args:
        size: the length of the shorter edge, or (H, W).
        interpolation: ``"nearest"``, ``"box"``, ``"bilinear"``, ``"hamming"``, ``"bicubic"`` or ``"lanczos"``, or
            Pillow's or torchvision's enum.
        max_size: what the longer edge may have, with one length.
        antialias: always on, as with PIL images in torchvision.
        box: left, upper, right and lower edge of the part to take, as Pillow's.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: Any = "bilinear",
        max_size: int | None = None,
        antialias: bool | None = True,
        box: Sequence[float] | None = None,
    ) -> None:
        self.size, self.max_size, self.antialias = size, max_size, _antialias(antialias)
        self.interpolation = interpolation_name(interpolation)
        self.box = None if box is None else tuple(float(edge) for edge in box)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        if self.box is not None and len(self.box) != 4:
            raise ValueError(f"box = {self.box!r}; allowed: left, upper, right, lower")
        return [_core.Step.resize(lengths("size", self.size), self.max_size, self.interpolation, self.box)]


class RandomResizedCrop(Transform):
    """A random part at another size; equals ``torchvision.transforms.RandomResizedCrop`` on PIL images.

    Args:
        size: one length for both axes, or (H, W).
        scale: range of the part's share of the area.
        ratio: range of its width to its height.
        interpolation: as in :class:`Resize`.
        antialias: as in :class:`Resize`.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: Any = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        self.size, self.scale, self.ratio = size, pair("scale", scale), pair("ratio", ratio)
        self.interpolation, self.antialias = interpolation_name(interpolation), _antialias(antialias)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        size = lengths("size", self.size)
        if len(size) > 2:
            raise ValueError(f"size = {self.size!r}; allowed: one or two lengths")
        height, width = (size * 2)[:2]
        return [_core.Step.random_resized_crop((height, width), self.scale, self.ratio, self.interpolation)]


def _antialias(antialias: Any) -> Any:
    if antialias is False:
        raise ValueError("antialias = False; allowed: True, which is what PIL images always get")
    return antialias
