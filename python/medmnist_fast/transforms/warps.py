"""Rotations and affine maps."""

from collections.abc import Sequence
from typing import Any

from medmnist_fast import _core
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.parameters import fill_values, floats, interpolation_name, pair, symmetric


class RandomRotation(Transform):
    """A random angle, counter-clockwise; equals ``torchvision.transforms.RandomRotation`` on PIL images.

    Args:
        degrees: from -degrees to degrees, or a range.
        interpolation: ``"nearest"``, ``"bilinear"`` or ``"bicubic"``, or Pillow's or torchvision's enum.
        expand: ``True`` is refused: samples of a batch have one shape.
        center: (x, y) of what stays in place; by default the centre.
        fill: outside the image: one value, or one per channel.
    """

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = "nearest",
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        if expand:
            raise ValueError("RandomRotation: expand = True makes samples of different shapes; allowed: False")
        self.degrees, self.interpolation = symmetric("degrees", degrees), interpolation_name(interpolation)
        self.expand, self.center, self.fill = bool(expand), None if center is None else pair("center", center), fill
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        fill = fill_values(self.fill)
        return [_core.Step.random_rotation(self.degrees, self.interpolation, self.center, fill)]


class RandomAffine(Transform):
    """A random affine map; equals ``torchvision.transforms.RandomAffine`` on PIL images.

    Of volumes: random angles about D, H and W, shifts along them and a scale, about the centre, with
    ``interpolation="bilinear"`` (trilinear) and zeros outside; agrees with ``torch.nn.functional.grid_sample`` to 1e-5.

    Args:
        degrees: from -degrees to degrees, or a range; of volumes about each axis.
        translate: largest shifts as shares of the lengths: along x and y, or along D, H and W of volumes.
        scale: range of the scale.
        shear: along x from -shear to shear, a range along x, or ranges along x and y, in degrees; images only.
        interpolation: ``"nearest"``, ``"bilinear"`` or ``"bicubic"``, or Pillow's or torchvision's enum.
        fill: outside the image: one value, or one per channel.
        center: (x, y) of what stays in place; by default the centre.
    """

    def __init__(
        self,
        degrees: Any,
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: Any = None,
        interpolation: Any = "nearest",
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        self.degrees = symmetric("degrees", degrees)
        self.translate = None if translate is None else tuple(floats("translate", translate))
        self.scale = None if scale is None else pair("scale", scale)
        self.shear = None if shear is None else _shears(shear)
        self.interpolation, self.fill = interpolation_name(interpolation), fill
        self.center = None if center is None else pair("center", center)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [
            _core.Step.random_affine(
                self.degrees,
                self.translate,
                self.scale,
                None if self.shear is None else (self.shear[:2], self.shear[2:]),
                self.interpolation,
                fill_values(self.fill),
                self.center,
            )
        ]


def _shears(shear: Any) -> tuple[float, float, float, float]:
    """The ranges along x and y."""
    values = floats("shear", shear)
    if not isinstance(shear, Sequence):
        return (*symmetric("shear", shear), 0.0, 0.0)
    if len(values) not in {2, 4}:
        raise ValueError(f"shear = {shear!r}; allowed: 1, 2 or 4 numbers")
    x_low, x_high, y_low, y_high = values if len(values) == 4 else [*values, 0.0, 0.0]
    return x_low, x_high, y_low, y_high
